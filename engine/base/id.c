#include "base/id.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

#define ID_BYTES 16
#define ID_TIME  6
#define SHARDS   1024

static const char id_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

static void
put_big_endian(uint8_t *to, uint64_t value, size_t bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        to[bytes - 1] = (uint8_t)value;
}

/* The first 26 base32 characters of at least 17 readable bytes. */
static void
id_spell(const uint8_t *bytes, char out[ID_SIZE])
{
    unsigned window = 0;
    int bits = 0;

    for (size_t i = 0; i < ID_LEN; i++) {
        if (bits < 5) {
            window = (window & 0xff) << 8 | *bytes++;
            bits += 8;
        }
        bits -= 5;
        out[i] = id_letters[window >> bits & 31];
    }
    out[ID_LEN] = '\0';
}

void
id_new(char out[ID_SIZE])
{
    uint8_t bytes[ID_BYTES + 1] = {0};

    put_big_endian(bytes, (uint64_t)clock_now_ms(), ID_TIME);
    digest_random(bytes + ID_TIME, ID_BYTES - ID_TIME);
    id_spell(bytes, out);
}

/* The length before each text keeps ("ab", "c") and ("a", "bc") apart. */
static void
add_text(struct digest *d, const char *text)
{
    size_t n = strlen(text);
    uint8_t length[4];

    put_big_endian(length, n, sizeof(length));
    digest_add(d, length, sizeof(length));
    digest_add(d, text, n);
}

void
id_handoff(const char *tenant, const char *conversation, uint64_t episode,
           char out[ID_SIZE])
{
    struct digest *d = digest_new();
    uint8_t number[8], hash[SHA256_SIZE];

    add_text(d, tenant);
    add_text(d, conversation);
    put_big_endian(number, episode, sizeof(number));
    digest_add(d, number, sizeof(number));
    digest_end(d, hash);
    id_spell(hash, out);
}

bool
id_valid(const char *s)
{
    size_t n = 0;

    if (s == NULL)
        return false;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '2' && s[n] <= '7'))
        n++;
    return n == ID_LEN && s[n] == '\0';
}

int
id_shard(const char *tenant, const char *conversation)
{
    struct digest *d = digest_new();
    uint8_t hash[SHA256_SIZE];

    add_text(d, tenant);
    add_text(d, conversation);
    digest_end(d, hash);
    return (hash[0] << 8 | hash[1]) % SHARDS;
}
