/*
 * digest: hashes, MACs, text encodings of bytes, comparison in constant time
 * and sealing. Over libcrypto.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SHA256_SIZE   32
#define DIGEST_MAX    64
#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 28 /* 12 bytes nonce before, 16 bytes tag behind */

enum digest_algorithm {
    DIGEST_SHA1,
    DIGEST_SHA256
};

void digest_sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE]);

/* Streaming SHA-256 over several pieces. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t n);
void digest_end(struct digest *d, uint8_t out[SHA256_SIZE]); /* frees d */

/* HMAC over `parts` pieces as if joined. Returns the MAC's length (20, 32).
 * An empty key is refused (ERR_SYSTEM, -1). */
int digest_hmac(enum digest_algorithm algorithm, const void *key, size_t key_n,
                const struct str *parts, size_t count, uint8_t out[DIGEST_MAX],
                struct err *e) MUST_CHECK;

/* Equal length and equal bytes, in time that depends on the length only. */
bool digest_equal(const void *a, size_t a_n, const void *b, size_t b_n);

void digest_hex(struct buf *out, const void *bytes, size_t n);    /* lower */
void digest_base64(struct buf *out, const void *bytes, size_t n); /* padded */
void digest_base64url(struct buf *out, const void *bytes, size_t n); /* bare */
void digest_base32(struct buf *out, const void *bytes, size_t n); /* a-z2-7 */

/* Decode; false on any character or length that does not belong. base64
 * takes padded text only, hex takes both cases. */
bool digest_unhex(struct buf *out, struct str text);
bool digest_unbase64(struct buf *out, struct str text);
bool digest_unbase64url(struct buf *out, struct str text);

void digest_random(void *out, size_t n); /* ends the process on failure */

/* AES-256-GCM: out = nonce, ciphertext, tag. `about` is authenticated, not
 * encrypted (the row's key, so that a body cannot be moved to another row). */
void digest_seal(const uint8_t key[SEAL_KEY_SIZE], struct str about,
                 const void *bytes, size_t n, struct buf *out);
int digest_open(const uint8_t key[SEAL_KEY_SIZE], struct str about,
                const void *bytes, size_t n, struct buf *out,
                struct err *e) MUST_CHECK;

#endif
