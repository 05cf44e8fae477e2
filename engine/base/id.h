/*
 * id: opaque ids of 26 lower-case base32 characters (a-z, 2-7).
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#define ID_LEN  26
#define ID_SIZE (ID_LEN + 1)

/* 16 bytes: 6 of time in ms, then 10 random. New rows stand side by side: a
 * tree that one writer fills then changes few pages. (The alphabet's order is
 * not that of the bytes: do not sort by it.) */
void id_new(char out[ID_SIZE]);

/* base32(SHA-256(length-prefixed tenant, length-prefixed conversation,
 * episode as 8 bytes big-endian))[:26]; lengths are 4 bytes big-endian. It is
 * the hand-over's idempotency key, the helpdesk's external id, the marker in
 * the ticket and the reference that the customer gets first. */
void id_handoff(const char *tenant, const char *conversation, uint64_t episode,
                char out[ID_SIZE]);

bool id_valid(const char *s);

/* Stable shard of a conversation: 0..1023 from SHA-256(tenant, conversation),
 * fixed for ever. */
int id_shard(const char *tenant, const char *conversation);

#endif
