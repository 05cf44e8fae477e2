#include "unit/base/base.h"

#include <pthread.h>

#include "base/digest.h"

static void
hex_is(const void *bytes, size_t n, const char *want)
{
    struct buf b = {0};

    digest_hex(&b, bytes, n);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

/* FIPS 180-4 examples. */
static void
sha256_examples(void **state)
{
    static const char *const cases[][2] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t hash[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t n = strlen(cases[i][0]);
        struct digest *d = digest_new();

        digest_sha256(cases[i][0], n, hash);
        hex_is(hash, sizeof(hash), cases[i][1]);
        for (size_t k = 0; k < n; k++)
            digest_add(d, cases[i][0] + k, 1);
        digest_add(d, NULL, 0);
        digest_end(d, hash);
        hex_is(hash, sizeof(hash), cases[i][1]);
    }
}

static void
sha256_of_a_million(void **state)
{
    struct digest *d = digest_new();
    char block[1000];
    uint8_t hash[SHA256_SIZE], other[SHA256_SIZE];

    (void)state;
    memset(block, 'a', sizeof(block));
    for (int i = 0; i < 1000; i++) {
        digest_add(d, block, sizeof(block));
        /* Another hash in between does not disturb the stream. */
        digest_sha256(block, sizeof(block), other);
    }
    digest_end(d, hash);
    hex_is(hash, sizeof(hash),
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
hmac_is(enum digest_algorithm algorithm, struct str key,
        const struct str *parts, size_t count, const char *want)
{
    uint8_t mac[DIGEST_MAX];
    int n = digest_hmac(algorithm, key.p, key.len, parts, count, mac, NULL);

    assert_int_equal(n, algorithm == DIGEST_SHA1 ? 20 : 32);
    hex_is(mac, (size_t)n, want);
}

/* RFC 4231 cases 1 to 4, 6 and 7; RFC 2202 for SHA-1. */
static void
hmac_examples(void **state)
{
    char key20[20], keyaa[131], data50[50], key25[25];
    static const char large[] =
        "This is a test using a larger than block-size key and a larger than "
        "block-size data. The key needs to be hashed before being used by the "
        "HMAC algorithm.";

    (void)state;
    memset(key20, 0x0b, sizeof(key20));
    memset(keyaa, 0xaa, sizeof(keyaa));
    memset(data50, 0xdd, sizeof(data50));
    for (int i = 0; i < 25; i++)
        key25[i] = (char)(i + 1);
    hmac_is(DIGEST_SHA256, (struct str){key20, 20}, &STR("Hi There"), 1,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_is(DIGEST_SHA256, STR("Jefe"),
            (struct str[]){STR("what do ya want "), STR("for nothing?")}, 2,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_is(DIGEST_SHA256, (struct str){keyaa, 20}, &(struct str){data50, 50},
            1,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    memset(data50, 0xcd, sizeof(data50));
    hmac_is(DIGEST_SHA256, (struct str){key25, 25}, &(struct str){data50, 50},
            1,
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    hmac_is(DIGEST_SHA256, (struct str){keyaa, 131},
            &STR("Test Using Larger Than Block-Size Key - Hash Key First"), 1,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_is(DIGEST_SHA256, (struct str){keyaa, 131}, &STR(large), 1,
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    hmac_is(DIGEST_SHA1, (struct str){key20, 20}, &STR("Hi There"), 1,
            "b617318655057264e28bc0b6fb378c8ef146be00");
    hmac_is(DIGEST_SHA1, STR("Jefe"), &STR("what do ya want for nothing?"), 1,
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    hmac_is(DIGEST_SHA256, STR("k"), NULL, 0,
            "8bb990c40a7d61cb97597a942125025be50ac8beb74436e3735b98893a7f6620");
}

static const char body[] =
    "{\"type\":\"usher.message\",\"timestamp\":\"2026-05-04T09:15:27Z\","
    "\"data\":{\"conversation_id\":\"c-1\",\"text\":\"hi\"}}";

/* The signature schemes of the sources, each as its vendor documents it. */
static void
webhook_signatures(void **state)
{
    struct buf key = {0}, b = {0};
    uint8_t mac[DIGEST_MAX];
    struct err e;
    int n;

    (void)state;
    assert_int_equal(sizeof(body) - 1, 104);
    hmac_is(DIGEST_SHA1, STR("client-secret-1"), &STR(body), 1,
            "b4753e29d801acf0f7ab4e0e8fa11935a0ac3c82");
    hmac_is(DIGEST_SHA256, STR("fin-secret-1"), &STR(body), 1,
            "675bc1e5ee87641d27d0c54a47c4d61efe39c56d84cb22f9a132b09f9e7b1d41");
    hmac_is(DIGEST_SHA256, STR("cw-secret-1"),
            (struct str[]){STR("1777886127"), STR("."), STR(body)}, 3,
            "365bd0c6480386eca0d5b5c07a79a2cfa78909194cbc801f2abfe1895bd56d5d");

    assert_true(digest_unbase64(
        &key, STR("dXNoZXItZXhhbXBsZS1zZWNyZXQtMDEyMzQ1Njc4OWFi")));
    n = digest_hmac(DIGEST_SHA256, key.data, key.len,
                    (struct str[]){STR("msg_01HUSHER"), STR("."),
                                   STR("1777886127"), STR("."), STR(body)},
                    5, mac, &e);
    digest_base64(&b, mac, (size_t)n);
    assert_text(&b, "XDUBYSCvXEc4y4sTp3u+N+Z312GxO4jnFnvtIWTmAM4=");

    n = digest_hmac(DIGEST_SHA256, "zd-secret-1", 11,
                    (struct str[]){STR("2026-05-04T09:15:27Z"), STR(body)}, 2,
                    mac, &e);
    digest_base64(&b, mac, (size_t)n);
    assert_text(&b, "/7e+VV+T6C7h7EtEfHBiXTEm08j0DH5GeCwxIwBDvdQ=");
    n = digest_hmac(DIGEST_SHA1, "lp-secret-1", 11, &STR(body), 1, mac, &e);
    digest_base64(&b, mac, (size_t)n);
    assert_text(&b, "u7v/NwNTFkfn5/M03IDVs+WZisw=");

    buf_clear(&key);
    assert_true(digest_unhex(&key, STR("00112233445566778899aabbccddeeff")));
    hmac_is(DIGEST_SHA256, (struct str){key.data, key.len},
            (struct str[]){STR("1777886127123"), STR("."), STR(body)}, 3,
            "5619d7d38147fc563ccb95a344dc29705fba77838fff240733ee00eb0cc3bcf6");
    buf_free(&key);
    buf_free(&b);
}

/* A missing secret must never verify anything. */
static void
an_empty_key_is_refused(void **state)
{
    uint8_t mac[DIGEST_MAX];
    struct err e;

    (void)state;
    assert_int_equal(digest_hmac(DIGEST_SHA256, "", 0, &STR("x"), 1, mac, &e),
                     -1);
    assert_int_equal(e.class, ERR_SYSTEM);
    assert_int_equal(digest_hmac(DIGEST_SHA256, NULL, 5, &STR("x"), 1, mac, &e),
                     -1);
}

static void
comparison(void **state)
{
    (void)state;
    assert_true(digest_equal("abc", 3, "abc", 3));
    assert_true(digest_equal("", 0, NULL, 0));
    assert_false(digest_equal("abc", 3, "abd", 3));
    assert_false(digest_equal("abc", 3, "abcd", 4));
    assert_false(digest_equal("abc", 3, "", 0));
    assert_false(digest_equal("a\0b", 3, "a\0c", 3));
}

/* RFC 4648, section 10. */
static void
encodings(void **state)
{
    static const char *const cases[][4] = {
        {"", "", "", ""},
        {"f", "Zg==", "my", "66"},
        {"fo", "Zm8=", "mzxq", "666f"},
        {"foo", "Zm9v", "mzxw6", "666f6f"},
        {"foob", "Zm9vYg==", "mzxw6yq", "666f6f62"},
        {"fooba", "Zm9vYmE=", "mzxw6ytb", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172"},
    };
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t n = strlen(cases[i][0]);

        digest_base64(&b, cases[i][0], n);
        assert_text(&b, cases[i][1]);
        digest_base32(&b, cases[i][0], n);
        assert_text(&b, cases[i][2]);
        digest_hex(&b, cases[i][0], n);
        assert_text(&b, cases[i][3]);
        assert_true(digest_unbase64(&b, str_of(cases[i][1])));
        assert_text(&b, cases[i][0]);
        assert_true(digest_unhex(&b, str_of(cases[i][3])));
        assert_text(&b, cases[i][0]);
    }
    digest_base64(&b, "\xFB\xFF\xFE", 3);
    assert_text(&b, "+//+");
    digest_base64url(&b, "\xFB\xFF\xFE\x01", 4);
    assert_text(&b, "-__-AQ");
    assert_true(digest_unbase64url(&b, STR("-__-AQ")));
    assert_text(&b, "\xFB\xFF\xFE\x01");
    assert_true(digest_unhex(&b, STR("aBcDeF")));
    assert_text(&b, "\xAB\xCD\xEF");
    buf_free(&b);
}

static void
encodings_come_back(void **state)
{
    struct buf b = {0}, back = {0};
    uint64_t seed = 5;
    char bytes[200];

    (void)state;
    for (size_t n = 0; n < sizeof(bytes); n++) {
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)next_random(&seed);
        for (int form = 0; form < 3; form++) {
            struct str text;

            (form == 0   ? digest_base64
             : form == 1 ? digest_base64url
                         : digest_hex)(&b, bytes, n);
            text = (struct str){buf_str(&b), b.len};
            assert_true((form == 0   ? digest_unbase64
                         : form == 1 ? digest_unbase64url
                                     : digest_unhex)(&back, text));
            assert_int_equal(back.len, n);
            if (n > 0)
                assert_memory_equal(back.data, bytes, n);
            buf_clear(&b);
            buf_clear(&back);
        }
    }
    buf_free(&b);
    buf_free(&back);
}

typedef bool decode_fn(struct buf *out, struct str text);

static void
malformed_text_is_refused(void **state)
{
    static const struct {
        decode_fn *decode;
        const char *text;
    } cases[] = {
        {digest_unhex, "a"},           {digest_unhex, "abc"},
        {digest_unhex, "0g"},          {digest_unhex, "0x00"},
        {digest_unhex, "00 11"},       {digest_unhex, "\xC3\xA4"},
        {digest_unbase64, "Zg"},       {digest_unbase64, "Zg="},
        {digest_unbase64, "Zg==="},    {digest_unbase64, "===="},
        {digest_unbase64, "Z==="},     {digest_unbase64, "Zm9v="},
        {digest_unbase64, "Zg==Zg=="}, {digest_unbase64, "Z=g="},
        {digest_unbase64, "Zm9-"},     {digest_unbase64, "Zm9_"},
        {digest_unbase64, " Zm9v"},    {digest_unbase64, "Zm9v\n"},
        {digest_unbase64, "Zh=="},     {digest_unbase64, "Zm9="},
        {digest_unbase64url, "Z"},     {digest_unbase64url, "Zg=="},
        {digest_unbase64url, "Zm9+"},  {digest_unbase64url, "Zh"},
        {digest_unbase64url, "Zm9v/"}, {digest_unbase64url, "ZgZgZ"},
    };
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_adds(&b, "kept");
        if (cases[i].decode(&b, str_of(cases[i].text)))
            fail_msg("accepted: %s", cases[i].text);
        assert_text(&b, "kept");
    }
    buf_free(&b);
}

static const uint8_t key_one[SEAL_KEY_SIZE] = {1};
static const uint8_t key_two[SEAL_KEY_SIZE] = {2};

static void
seals_open(void **state)
{
    struct buf sealed = {0}, open = {0};
    struct err e;

    (void)state;
    for (size_t n = 0; n < 100; n++) {
        char text[100];

        memset(text, (int)n, n);
        buf_clear(&sealed);
        buf_clear(&open);
        buf_adds(&sealed, "head");
        buf_adds(&open, "before ");
        digest_seal(key_one, STR("row-1"), text, n, &sealed);
        assert_int_equal(sealed.len, 4 + n + SEAL_OVERHEAD);
        assert_int_equal(digest_open(key_one, STR("row-1"), sealed.data + 4,
                                     sealed.len - 4, &open, &e),
                         0);
        assert_int_equal(open.len, 7 + n);
        assert_memory_equal(open.data, "before ", 7);
        if (n > 0)
            assert_memory_equal(open.data + 7, text, n);
    }
    buf_free(&sealed);
    buf_free(&open);
}

/* NIST's GCM test case 16 has a fixed nonce; opening it proves the algorithm
 * and the layout: nonce, ciphertext, tag. */
static void
a_known_seal_opens(void **state)
{
    struct buf key = {0}, about = {0}, sealed = {0}, open = {0}, want = {0};
    struct err e;

    (void)state;
    assert_true(digest_unhex(&key, STR("feffe9928665731c6d6a8f9467308308"
                                       "feffe9928665731c6d6a8f9467308308")));
    assert_true(
        digest_unhex(&about, STR("feedfacedeadbeeffeedfacedeadbeefabaddad2")));
    assert_true(digest_unhex(
        &sealed, STR("cafebabefacedbaddecaf888"
                     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd"
                     "2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
                     "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b")));
    assert_true(digest_unhex(
        &want, STR("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d"
                   "8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
                   "ba637b39")));
    assert_int_equal(digest_open((const uint8_t *)key.data,
                                 (struct str){about.data, about.len},
                                 sealed.data, sealed.len, &open, &e),
                     0);
    assert_int_equal(open.len, want.len);
    assert_memory_equal(open.data, want.data, want.len);
    buf_free(&key);
    buf_free(&about);
    buf_free(&sealed);
    buf_free(&open);
    buf_free(&want);
}

static void
seals_differ_each_time(void **state)
{
    struct buf one = {0}, two = {0};

    (void)state;
    digest_seal(key_one, STR("a"), "same text", 9, &one);
    digest_seal(key_one, STR("a"), "same text", 9, &two);
    assert_memory_not_equal(one.data, two.data, 12);
    assert_memory_not_equal(one.data + 12, two.data + 12, 9);
    buf_free(&one);
    buf_free(&two);
}

/* Every flipped bit, another row, another key, a cut: refused, and nothing of
 * the text is left behind. */
static void
changed_seals_do_not_open(void **state)
{
    static const char text[] = "an order number 4711";
    struct buf sealed = {0}, open = {0};
    struct err e;

    (void)state;
    digest_seal(key_one, STR("row-1"), text, sizeof(text) - 1, &sealed);
    memset(buf_reserve(&open, 100), 0, 100);
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(digest_open(key_one, STR("row-1"), sealed.data,
                                     sealed.len, &open, &e),
                         -1);
        sealed.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(e.class, ERR_SYSTEM);
        assert_int_equal(open.len, 0);
        assert_null(memmem(open.data, 100, "order", 5));
    }
    for (size_t n = 0; n < sealed.len; n++)
        assert_int_equal(
            digest_open(key_one, STR("row-1"), sealed.data, n, &open, &e), -1);
    assert_int_equal(
        digest_open(key_one, STR("row-2"), sealed.data, sealed.len, &open, &e),
        -1);
    assert_int_equal(
        digest_open(key_one, STR(""), sealed.data, sealed.len, &open, &e), -1);
    assert_int_equal(
        digest_open(key_two, STR("row-1"), sealed.data, sealed.len, &open, &e),
        -1);
    assert_int_equal(
        digest_open(key_one, STR("row-1"), sealed.data, sealed.len, &open, &e),
        0);
    assert_string_equal(open.data, text);
    buf_free(&sealed);
    buf_free(&open);
}

static void *
work(void *arg)
{
    struct buf sealed = {0}, open = {0};
    uint8_t mac[DIGEST_MAX], first[DIGEST_MAX];
    long *wrong = arg;

    for (int i = 0; i < 300; i++) {
        buf_clear(&sealed);
        buf_clear(&open);
        digest_seal(key_one, STR("t"), "abc", 3, &sealed);
        *wrong += digest_open(key_one, STR("t"), sealed.data, sealed.len, &open,
                              NULL) != 0;
        *wrong +=
            digest_hmac(DIGEST_SHA256, arg, 8, &STR("x"), 1, mac, NULL) != 32;
        if (i == 0)
            memcpy(first, mac, sizeof(mac));
        *wrong += !digest_equal(first, 32, mac, 32);
    }
    buf_free(&sealed);
    buf_free(&open);
    return NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
    pthread_t threads[4];
    static long wrong[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

static void
random_bytes(void **state)
{
    uint8_t one[64] = {0}, two[64] = {0};

    (void)state;
    digest_random(one, sizeof(one));
    digest_random(two, sizeof(two));
    digest_random(NULL, 0);
    assert_memory_not_equal(one, two, sizeof(one));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_examples),
        cmocka_unit_test(sha256_of_a_million),
        cmocka_unit_test(hmac_examples),
        cmocka_unit_test(webhook_signatures),
        cmocka_unit_test(an_empty_key_is_refused),
        cmocka_unit_test(comparison),
        cmocka_unit_test(encodings),
        cmocka_unit_test(encodings_come_back),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(seals_open),
        cmocka_unit_test(a_known_seal_opens),
        cmocka_unit_test(seals_differ_each_time),
        cmocka_unit_test(changed_seals_do_not_open),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
