#include "base/digest.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/arena.h"

#define NONCE_SIZE 12
#define TAG_SIZE   16
#define STEP_MAX   (1 << 30) /* libcrypto counts cipher bytes in an int */

/* Asking libcrypto for an algorithm costs more than hashing a webhook with
 * it: done once for the process, with contexts kept by each thread. */
static struct {
    EVP_MD *sha256;
    EVP_MAC *hmac;
    EVP_CIPHER *aes;
    pthread_key_t key;
} crypto;

static pthread_once_t crypto_once = PTHREAD_ONCE_INIT;

struct contexts {
    EVP_MD_CTX *hash;
    EVP_MAC_CTX *mac[2]; /* by enum digest_algorithm */
    EVP_CIPHER_CTX *cipher;
};

struct digest {
    EVP_MD_CTX *context;
};

/* Without libcrypto nothing could be verified, sealed or named. */
static _Noreturn void
crypto_failed(const char *what)
{
    fprintf(stderr, "usher: libcrypto failed: %s\n", what);
    _Exit(EXIT_FAILURE);
}

static void *
need(void *p, const char *what)
{
    if (p == NULL)
        crypto_failed(what);
    return p;
}

static void
contexts_free(void *arg)
{
    struct contexts *c = arg;

    EVP_MD_CTX_free(c->hash);
    EVP_MAC_CTX_free(c->mac[DIGEST_SHA1]);
    EVP_MAC_CTX_free(c->mac[DIGEST_SHA256]);
    EVP_CIPHER_CTX_free(c->cipher);
    free(c);
}

static void
crypto_start(void)
{
    crypto.sha256 = need(EVP_MD_fetch(NULL, "SHA256", NULL), "SHA-256");
    crypto.hmac = need(EVP_MAC_fetch(NULL, "HMAC", NULL), "HMAC");
    crypto.aes = need(EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL), "AES");
    if (pthread_key_create(&crypto.key, contexts_free) != 0)
        crypto_failed("thread key");
}

static EVP_MAC_CTX *
mac_new(const char *hash)
{
    EVP_MAC_CTX *mac = need(EVP_MAC_CTX_new(crypto.hmac), "HMAC context");
    char name[16];
    OSSL_PARAM params[2];

    snprintf(name, sizeof(name), "%s", hash);
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (EVP_MAC_CTX_set_params(mac, params) != 1)
        crypto_failed("HMAC hash");
    return mac;
}

static struct contexts *
contexts_of_thread(void)
{
    struct contexts *c;

    if (pthread_once(&crypto_once, crypto_start) != 0)
        crypto_failed("start");
    c = pthread_getspecific(crypto.key);
    if (c != NULL)
        return c;
    c = mem_zero(sizeof(*c));
    c->hash = need(EVP_MD_CTX_new(), "hash context");
    c->mac[DIGEST_SHA1] = mac_new("SHA1");
    c->mac[DIGEST_SHA256] = mac_new("SHA256");
    c->cipher = need(EVP_CIPHER_CTX_new(), "cipher context");
    if (pthread_setspecific(crypto.key, c) != 0)
        crypto_failed("thread contexts");
    return c;
}

void
digest_sha256(const void *bytes, size_t n, uint8_t out[SHA256_SIZE])
{
    EVP_MD_CTX *hash = contexts_of_thread()->hash;

    if (EVP_DigestInit_ex2(hash, crypto.sha256, NULL) != 1 ||
        EVP_DigestUpdate(hash, bytes, n) != 1 ||
        EVP_DigestFinal_ex(hash, out, NULL) != 1)
        crypto_failed("SHA-256");
}

struct digest *
digest_new(void)
{
    struct digest *d = mem_zero(sizeof(*d));

    contexts_of_thread();
    d->context = need(EVP_MD_CTX_new(), "hash context");
    if (EVP_DigestInit_ex2(d->context, crypto.sha256, NULL) != 1)
        crypto_failed("SHA-256");
    return d;
}

void
digest_add(struct digest *d, const void *bytes, size_t n)
{
    if (n > 0 && EVP_DigestUpdate(d->context, bytes, n) != 1)
        crypto_failed("SHA-256");
}

void
digest_end(struct digest *d, uint8_t out[SHA256_SIZE])
{
    if (EVP_DigestFinal_ex(d->context, out, NULL) != 1)
        crypto_failed("SHA-256");
    EVP_MD_CTX_free(d->context);
    free(d);
}

int
digest_hmac(enum digest_algorithm algorithm, const void *key, size_t key_n,
            const struct str *parts, size_t count, uint8_t out[DIGEST_MAX],
            struct err *e)
{
    EVP_MAC_CTX *mac;
    size_t size;

    if (key == NULL || key_n == 0)
        return err_set(e, ERR_SYSTEM, "the signing key is empty");
    if (algorithm != DIGEST_SHA1 && algorithm != DIGEST_SHA256)
        return err_set(e, ERR_SYSTEM, "unknown signing algorithm");
    mac = contexts_of_thread()->mac[algorithm];
    if (EVP_MAC_init(mac, key, key_n, NULL) != 1)
        goto fail;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0 &&
            EVP_MAC_update(mac, (const uint8_t *)parts[i].p, parts[i].len) != 1)
            goto fail;
    if (EVP_MAC_final(mac, out, &size, DIGEST_MAX) != 1)
        goto fail;
    return (int)size;
fail:
    return err_set(e, ERR_SYSTEM, "libcrypto refused to compute a signature");
}

bool
digest_equal(const void *a, size_t a_n, const void *b, size_t b_n)
{
    return a_n == b_n && (a_n == 0 || CRYPTO_memcmp(a, b, a_n) == 0);
}

void
digest_random(void *out, size_t n)
{
    uint8_t *p = out;

    for (size_t step; n > 0; p += step, n -= step) {
        step = n < STEP_MAX ? n : STEP_MAX;
        if (RAND_bytes(p, (int)step) != 1)
            crypto_failed("random bytes");
    }
}

typedef int cipher_update_fn(EVP_CIPHER_CTX *, unsigned char *, int *,
                             const unsigned char *, int);

/* to = NULL: the bytes are authenticated only. */
static bool
cipher_run(EVP_CIPHER_CTX *cipher, cipher_update_fn *update, uint8_t *to,
           const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    int wrote;

    for (size_t step; n > 0; p += step, n -= step) {
        step = n < STEP_MAX ? n : STEP_MAX;
        if (update(cipher, to, &wrote, p, (int)step) != 1)
            return false;
        if (to != NULL)
            to += wrote;
    }
    return true;
}

void
digest_seal(const uint8_t key[SEAL_KEY_SIZE], struct str about,
            const void *bytes, size_t n, struct buf *out)
{
    EVP_CIPHER_CTX *cipher = contexts_of_thread()->cipher;
    uint8_t *nonce = (uint8_t *)buf_reserve(out, n + SEAL_OVERHEAD);
    uint8_t *text = nonce + NONCE_SIZE;
    int none;

    digest_random(nonce, NONCE_SIZE);
    if (EVP_EncryptInit_ex2(cipher, crypto.aes, key, nonce, NULL) != 1 ||
        !cipher_run(cipher, EVP_EncryptUpdate, NULL, about.p, about.len) ||
        !cipher_run(cipher, EVP_EncryptUpdate, text, bytes, n) ||
        EVP_EncryptFinal_ex(cipher, text + n, &none) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
                            text + n) != 1)
        crypto_failed("sealing");
    out->len += n + SEAL_OVERHEAD;
    out->data[out->len] = '\0';
}

int
digest_open(const uint8_t key[SEAL_KEY_SIZE], struct str about,
            const void *bytes, size_t n, struct buf *out, struct err *e)
{
    EVP_CIPHER_CTX *cipher = contexts_of_thread()->cipher;
    const uint8_t *nonce = bytes;
    uint8_t *to, tag[TAG_SIZE];
    size_t text_n;
    int none;

    if (n < SEAL_OVERHEAD)
        return err_set(e, ERR_SYSTEM, "a sealed body is cut short");
    text_n = n - SEAL_OVERHEAD;
    to = (uint8_t *)buf_reserve(out, text_n);
    memcpy(tag, nonce + n - TAG_SIZE, TAG_SIZE);
    if (EVP_DecryptInit_ex2(cipher, crypto.aes, key, nonce, NULL) != 1 ||
        !cipher_run(cipher, EVP_DecryptUpdate, NULL, about.p, about.len) ||
        !cipher_run(cipher, EVP_DecryptUpdate, to, nonce + NONCE_SIZE,
                    text_n) ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) !=
            1 ||
        EVP_DecryptFinal_ex(cipher, to + text_n, &none) != 1)
        goto fail;
    out->len += text_n;
    out->data[out->len] = '\0';
    return 0;
fail:
    /* Nobody may look at text that is not known to be genuine. */
    OPENSSL_cleanse(to, text_n);
    out->data[out->len] = '\0';
    return err_set(e, ERR_SYSTEM,
                   "a sealed body does not open: another key, another row or "
                   "damaged bytes");
}
