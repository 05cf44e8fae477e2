#include "http/server_inside.h"

#include <openssl/err.h>

static void
tls_error(struct err *e, const char *what, const char *path)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    err_set(e, ERR_INPUT, "%s %s: %s", what, path,
            reason != NULL ? reason : "not readable");
    ERR_clear_error();
}

/* A key with a passphrase must not make a daemon ask on its terminal. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

static int
load_files(SSL_CTX *tls, const char *cert_file, const char *key_file,
           struct err *e)
{
    SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(tls, cert_file) != 1) {
        tls_error(e, "cannot use TLS certificate", cert_file);
        return -1;
    }
    /* OpenSSL also compares the key with the certificate here. */
    if (SSL_CTX_use_PrivateKey_file(tls, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1) {
        tls_error(e, "cannot use TLS key", key_file);
        return -1;
    }
    return 0;
}

SSL_CTX *
tls_context_new(const char *cert_file, const char *key_file, struct err *e)
{
    if (cert_file == NULL || key_file == NULL) {
        err_set(e, ERR_INPUT,
                "TLS needs both a certificate file and a key file");
        return NULL;
    }
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL) {
        err_set(e, ERR_SYSTEM, "cannot make a TLS context");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    /* TLS 1.2 only with forward secrecy and authenticated encryption. */
    SSL_CTX_set_cipher_list(tls, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(tls, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    if (load_files(tls, cert_file, key_file, e) == 0)
        return tls;
    SSL_CTX_free(tls);
    return NULL;
}
