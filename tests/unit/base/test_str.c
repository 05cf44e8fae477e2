#include "unit/base/base.h"

#include <utf8proc.h>

#include "base/str.h"

#define MAN    "\xF0\x9F\x91\xA8"
#define WOMAN  "\xF0\x9F\x91\xA9"
#define ZWJ    "\xE2\x80\x8D"
#define HEART  "\xE2\x9D\xA4\xEF\xB8\x8F"
#define TONE   "\xF0\x9F\x8F\xBD"
#define LAPTOP "\xF0\x9F\x92\xBB"

static void
slices_compare(void **state)
{
    (void)state;
    assert_int_equal(str_of(NULL).len, 0);
    assert_null(str_of(NULL).p);
    assert_true(str_eq(str_of(NULL), STR("")));
    assert_true(str_eq(STR("ab"), (struct str){"abc", 2}));
    assert_false(str_eq(STR("ab"), STR("abc")));
    assert_true(str_is(STR("ab"), "ab"));
    assert_false(str_is(STR("a\0b"), "a"));
    assert_true(str_is_nocase(STR("Content-LENGTH"), "content-length"));
    assert_false(str_is_nocase(STR("k"), "\xE2\x84\xAA")); /* Kelvin sign */
    assert_false(str_is_nocase(STR("["), "{"));
    assert_false(str_is_nocase(STR("ab"), "abc"));
    assert_true(str_starts(STR("Bearer x"), "Bearer "));
    assert_true(str_starts(str_of(NULL), ""));
    assert_false(str_starts(STR("Bear"), "Bearer"));
}

static void
blanks_are_trimmed(void **state)
{
    (void)state;
    assert_true(str_is(str_trim(STR(" \t a b\t ")), "a b"));
    assert_true(str_is(str_trim(STR("\n a")), "\n a"));
    assert_int_equal(str_trim(STR(" \t ")).len, 0);
    assert_int_equal(str_trim(str_of(NULL)).len, 0);
}

static void
parts_are_cut(void **state)
{
    struct str rest = STR("a,,bc,"), part;

    (void)state;
    assert_true(str_cut(&rest, ',', &part) && str_is(part, "a"));
    assert_true(str_cut(&rest, ',', &part) && str_is(part, ""));
    assert_true(str_cut(&rest, ',', &part) && str_is(part, "bc"));
    assert_true(str_cut(&rest, ',', &part) && str_is(part, ""));
    assert_false(str_cut(&rest, ',', &part));
    assert_false(str_cut(&rest, ',', &part));
    rest = STR("");
    assert_true(str_cut(&rest, ',', &part));
    assert_false(str_cut(&rest, ',', &part));
    rest = str_of(NULL);
    assert_false(str_cut(&rest, ',', &part));
    assert_int_equal(part.len, 0);
}

static void
numbers_are_strict(void **state)
{
    static const char *const wrong[] = {"",
                                        "+1",
                                        "-1",
                                        " 1",
                                        "1 ",
                                        "0x1",
                                        "1.",
                                        "1a",
                                        ":",
                                        "\xB2",
                                        "/",
                                        "18446744073709551616",
                                        "99999999999999999999999"};
    uint64_t n = 7;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(str_to_u64(str_of(wrong[i]), &n));
    assert_int_equal(n, 7);
    assert_true(str_to_u64(STR("18446744073709551615"), &n));
    assert_true(n == UINT64_MAX);
    assert_true(str_to_u64(STR("00042"), &n));
    assert_int_equal(n, 42);
}

/* Each sequence of four bytes of interesting values against a table of what
 * is well-formed, written apart from the code: by encoding. */
static void
digits_stand_before_an_end(void **state)
{
    static const struct {
        uint64_t n;
        const char *digits;
    } rows[] = {{0, "0"},
                {7, "7"},
                {10, "10"},
                {120034, "120034"},
                {UINT64_MAX, "18446744073709551615"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[STR_DIGITS + 1];

        text[STR_DIGITS] = '\0';
        assert_string_equal(str_digits(text + STR_DIGITS, rows[i].n),
                            rows[i].digits);
    }
}

static void
well_formed_utf8(void **state)
{
    static const char *const wrong[] = {"\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC2",
                                        "\xC2\x41",
                                        "\xE0\x80\x80",
                                        "\xE0\x9F\xBF",
                                        "\xE0\xA0",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF0\x90\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xFE",
                                        "\xFF",
                                        "abcdefgh\xC3",
                                        "a\xE2\x28\xA1"};
    struct buf all = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(utf8_valid(wrong[i], strlen(wrong[i])));
    for (int32_t c = 0; c <= 0x10FFFF; c++) {
        utf8proc_uint8_t bytes[4];
        size_t n = (size_t)utf8proc_encode_char(c, bytes);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;

        assert_int_equal(utf8_valid((const char *)bytes, n), !surrogate);
        /* The same without its last byte is cut. */
        if (n > 1)
            assert_false(utf8_valid((const char *)bytes, n - 1));
        if (!surrogate)
            buf_add(&all, bytes, n);
    }
    assert_true(utf8_valid(all.data, all.len));
    assert_int_equal(utf8_count(all.data, all.len), 0x110000 - 0x800);
    assert_true(utf8_valid(NULL, 0));
    assert_true(utf8_valid("a\0b", 3));
    buf_free(&all);
}

/* S25: a cut never splits a character. */
static void
clips_at_characters(void **state)
{
    static const char text[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    static const char rubbish[] = "\x80\x80\x80\x80\x80\x80\x80";

    (void)state;
    for (size_t max = 0; max < COUNT_OF(want); max++)
        assert_int_equal(utf8_clip(text, sizeof(text) - 1, max), want[max]);
    for (size_t max = 0; max < 7; max++)
        assert_true(utf8_clip(rubbish, 7, max) <= max);
}

static void
graphemes(void **state)
{
    /* a, e + acute, family of three, flag, CR LF, Hangul, skin tone, z */
    static const char *const parts[] = {
        "a",
        "e\xCC\x81",
        MAN ZWJ WOMAN ZWJ WOMAN,
        "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
        "\r\n",
        "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB",
        "\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",
        "z",
    };
    struct buf b = {0};
    size_t ends[COUNT_OF(parts)];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        buf_adds(&b, parts[i]);
        ends[i] = b.len;
    }
    assert_int_equal(utf8_graphemes(b.data, b.len, 0), 0);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_int_equal(utf8_graphemes(b.data, b.len, i + 1), ends[i]);
    assert_int_equal(utf8_graphemes(b.data, b.len, 100), b.len);
    assert_int_equal(utf8_graphemes("", 0, 5), 0);
    buf_free(&b);
}

static void
invalid_bytes_are_replaced(void **state)
{
    struct buf b = {0};
    uint64_t seed = 11;
    char bytes[40];

    (void)state;
    assert_int_equal(utf8_clean(&b, "plain \xC3\xA4", 8), 0);
    assert_text(&b, "plain \xC3\xA4");
    assert_int_equal(utf8_clean(&b,
                                "a\xFF"
                                "b\xC3",
                                4),
                     2);
    assert_text(&b, "a\xEF\xBF\xBD"
                    "b\xEF\xBF\xBD");
    assert_int_equal(utf8_clean(&b, "\xED\xA0\x80", 3), 3);
    buf_clear(&b);
    for (int round = 0; round < 50000; round++) {
        size_t n = next_random(&seed) % sizeof(bytes), replaced;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(next_random(&seed) % 3 == 0
                                  ? 'a'
                                  : 0x80 + next_random(&seed) % 0x80);
        replaced = utf8_clean(&b, bytes, n);
        assert_true(utf8_valid(b.data, b.len));
        assert_int_equal(replaced == 0, utf8_valid(bytes, n));
        assert_int_equal(b.len, n + 2 * replaced);
        buf_clear(&b);
    }
    buf_free(&b);
}

static void
harmless_is(const char *text, const char *want)
{
    struct buf b = {0};

    buf_addc(&b, '|');
    utf8_harmless(&b, text, strlen(text));
    assert_string_equal(b.data + 1, want);
    buf_free(&b);
}

static void
text_that_acts_is_made_harmless(void **state)
{
    (void)state;
    harmless_is("plain text\n\twith lines\n", "plain text\n\twith lines\n");
    harmless_is("a\r\nb\rc\r\r\nd\r", "a\nb\nc\n\nd\n");
    harmless_is("\x1B[31mred\x07\x7F\x01", "[31mred");
    harmless_is("a\xC2\x9B"
                "31m\xC2\x85",
                "a31m");
    harmless_is("\xE2\x80\xAE"
                "gpj.exe\xE2\x80\xAC\xE2\x81\xA6x\xE2\x81\xA9",
                "gpj.exex");
    harmless_is("re\xC2\xAD"
                "fu\xE2\x80\x8Bnd\xEF\xBB\xBF\xE2\x81\xA0",
                "refund");
    harmless_is("\xD8\x9C"
                "a\xE1\xA0\x8E\xEF\xBF\xB9",
                "a");
    harmless_is("x\xF3\xA0\x81\x81y\xF3\xA0\x80\x81", "xy");
    harmless_is("a\xE2\x80\xA8"
                "b\xE2\x80\xA9"
                "c",
                "a\nb\nc");
    harmless_is("\xC3\xA4\xC3\xB6 \xE4\xBC\x9A \xD7\xA9",
                "\xC3\xA4\xC3\xB6 \xE4\xBC\x9A \xD7\xA9");
}

static void
joiners_stay_between_emoji_only(void **state)
{
    (void)state;
    harmless_is(MAN ZWJ WOMAN, MAN ZWJ WOMAN);
    harmless_is(WOMAN ZWJ HEART ZWJ MAN, WOMAN ZWJ HEART ZWJ MAN);
    harmless_is(MAN TONE ZWJ LAPTOP, MAN TONE ZWJ LAPTOP);
    harmless_is("a" ZWJ "b", "ab");
    harmless_is(MAN ZWJ "b", MAN "b");
    harmless_is("a" ZWJ MAN, "a" MAN);
    harmless_is(MAN ZWJ ZWJ WOMAN, MAN WOMAN);
    harmless_is(MAN "a" ZWJ WOMAN, MAN "a" WOMAN);
    harmless_is(MAN ZWJ, MAN);
    harmless_is(ZWJ MAN, MAN);
}

static bool
turns_text(int direction)
{
    static const int classes[] = {
        UTF8PROC_BIDI_CLASS_LRE, UTF8PROC_BIDI_CLASS_LRO,
        UTF8PROC_BIDI_CLASS_RLE, UTF8PROC_BIDI_CLASS_RLO,
        UTF8PROC_BIDI_CLASS_PDF, UTF8PROC_BIDI_CLASS_LRI,
        UTF8PROC_BIDI_CLASS_RLI, UTF8PROC_BIDI_CLASS_FSI,
        UTF8PROC_BIDI_CLASS_PDI};

    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (classes[i] == direction)
            return true;
    return false;
}

/* For every code point: controls, what turns the direction of text and format
 * characters without a shape do not come through (Unicode's own classes), all
 * letters do, and what is harmless once stays as it is. */
static void
every_character_is_harmless(void **state)
{
    struct buf b = {0}, again = {0};

    (void)state;
    for (int32_t c = 0; c <= 0x10FFFF; c++) {
        utf8proc_uint8_t bytes[4];
        size_t n = (size_t)utf8proc_encode_char(c, bytes);
        utf8proc_category_t k = utf8proc_category(c);

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        buf_clear(&b);
        buf_clear(&again);
        utf8_harmless(&b, (const char *)bytes, n);
        utf8_harmless(&again, buf_str(&b), b.len);
        assert_string_equal(buf_str(&b), buf_str(&again));
        if (k == UTF8PROC_CATEGORY_CC && c != '\n' && c != '\t' && c != '\r')
            assert_int_equal(b.len, 0);
        if (turns_text(utf8proc_get_property(c)->bidi_class))
            assert_int_equal(b.len, 0);
        if (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ZS)
            assert_int_equal(b.len, n);
    }
    buf_free(&b);
    buf_free(&again);
}

static void
fold_is(const char *text, const char *want)
{
    struct buf b = {0};

    str_fold(&b, text, strlen(text));
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void
folding(void **state)
{
    (void)state;
    fold_is("", "");
    fold_is("REFUND @[`{ 09", "refund @[`{ 09");
    fold_is("\xC3\x84rger Stra\xC3\x9F"
            "e",
            "arger strasse");
    fold_is("A\xCC\x88rger", "arger");
    fold_is("\xC4\xB0stanbul", "istanbul");
    fold_is("\xCE\xA3\xCE\xA3\xCF\x82", "\xCF\x83\xCF\x83\xCF\x83");
    fold_is("\xEF\xBC\xB2\xEF\xBD\x85\xEF\xBD\x86", "ref");
    fold_is("\xF0\x9D\x90\x91"
            "efund \xE2\x91\xA0 \xEF\xAC\x81x",
            "refund 1 fix");
    fold_is("re\xC2\xAD\xE2\x80\x8B"
            "fund",
            "refund");
    fold_is("K\xC3\xB8"
            "benhavn \xC5\x81\xC3\xB3"
            "d\xC5\xBA \xC4\x90or\xC4\x91",
            "kobenhavn lodz dord");
    fold_is("\xD0\x99\xD0\xBE\xD0\x81", "\xD0\xB8\xD0\xBE\xD0\xB5");
}

/* Folding what is folded changes nothing, for every code point. */
static void
folding_is_final(void **state)
{
    struct buf once = {0}, twice = {0};

    (void)state;
    for (int32_t c = 0; c <= 0x10FFFF; c++) {
        utf8proc_uint8_t bytes[4];
        size_t n = (size_t)utf8proc_encode_char(c, bytes);

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        buf_clear(&once);
        buf_clear(&twice);
        str_fold(&once, (const char *)bytes, n);
        str_fold(&twice, buf_str(&once), once.len);
        assert_true(utf8_valid(buf_str(&once), once.len));
        if (strcmp(buf_str(&once), buf_str(&twice)) != 0)
            fail_msg("U+%04X", (unsigned)c);
    }
    buf_free(&once);
    buf_free(&twice);
}

static void
words_are(const char *text, size_t count, const char *want)
{
    struct buf b = {0};

    assert_int_equal(str_words(&b, text, strlen(text)), count);
    assert_string_equal(buf_str(&b), want);
    assert_int_equal(b.len, strlen(want));
    buf_free(&b);
}

/* S164: "REFUND?" and "refund" are the same word. */
static void
words_of_text(void **state)
{
    (void)state;
    words_are("", 0, "");
    words_are(" ?!\n", 0, "");
    words_are("REFUND?", 1, "refund\n");
    words_are("I want my money back", 5, "i\nwant\nmy\nmoney\nback\n");
    words_are("order #4711a, e-mail_me", 5, "order\n4711a\ne\nmail\nme\n");
    words_are("Stra\xC3\x9F"
              "e \xC3\x9C"
              "ber",
              2, "strasse\nuber\n");
    words_are("R\xC3\xA9sume\xCC\x81!", 1, "resume\n");
    words_are("caf\xC3\xA9\xC2\xA0noir", 2, "cafe\nnoir\n");
    words_are("re\xC2\xAD"
              "fund\xE2\x80\x8Bs",
              1, "refunds\n");
    words_are("\xCC\x81 a", 1, "a\n");
    words_are("\xD0\xA5\xD0\xBE\xD1\x87\xD1\x83 \xD0\xB4\xD0\xB5", 2,
              "\xD1\x85\xD0\xBE\xD1\x87\xD1\x83\n\xD0\xB4\xD0\xB5\n");
    words_are("\xEF\xB7\xBA", 4,
              "\xD8\xB5\xD9\x84\xD9\x89\n\xD8\xA7\xD9\x84\xD9\x84\xD9\x87\n"
              "\xD8\xB9\xD9\x84\xD9\x8A\xD9\x87\n\xD9\x88\xD8\xB3\xD9\x84"
              "\xD9\x85\n");
    words_are("brand\xE2\x84\xA2 5\xE2\x82\xAC", 2, "brand\n5\n");
}

static void
apostrophes(void **state)
{
    (void)state;
    words_are("don't", 1, "dont\n");
    words_are("DON\xE2\x80\x99T", 1, "dont\n");
    words_are("l'\xC3\xA9t\xC3\xA9", 1, "lete\n");
    words_are("\xC3\xA9\xE2\x80\x99"
              "a",
              1, "ea\n");
    words_are("e\xCC\x81's", 1, "es\n");
    words_are("'quoted' 'word", 2, "quoted\nword\n");
    words_are("90's", 2, "90\ns\n");
    words_are("a'9", 2, "a\n9\n");
    words_are("a''b", 2, "a\nb\n");
    words_are("dogs' bone", 2, "dogs\nbone\n");
    words_are("'", 0, "");
    words_are("a'\xE4\xBC\x9A", 2, "a\n\xE4\xBC\x9A\n");
    words_are("a'", 1, "a\n");
}

static void
scripts_without_spaces(void **state)
{
    (void)state;
    words_are("\xE8\xBF\x94\xE9\x87\x91 ok", 3,
              "\xE8\xBF\x94\n\xE9\x87\x91\nok\n");
    words_are("abc\xE8\xBF\x94"
              "def",
              3, "abc\n\xE8\xBF\x94\ndef\n");
    words_are("\xE3\x81\x8C\xE3\x82\xAB", 2, "\xE3\x81\x8B\n\xE3\x82\xAB\n");
    words_are("\xEF\xBD\xB6\xEF\xBE\x9E", 1, "\xE3\x82\xAB\n");
    words_are("\xE0\xB8\x84\xE0\xB8\xB7\xE0\xB8\x99", 2,
              "\xE0\xB8\x84\n\xE0\xB8\x99\n");
    words_are("\xF0\xA0\x80\x80\xE3\x80\x82\xE3\x80\x85", 2,
              "\xF0\xA0\x80\x80\n\xE3\x80\x85\n");
    /* Hangul has spaces: syllables stay together, as Jamo. */
    words_are("\xED\x99\x98\xEB\xB6\x88 \xEB\x8F\x88", 2,
              "\xE1\x84\x92\xE1\x85\xAA\xE1\x86\xAB\xE1\x84\x87\xE1\x85\xAE"
              "\xE1\x86\xAF\n\xE1\x84\x83\xE1\x85\xA9\xE1\x86\xAB\n");
}

/* The first and the last of each range, between two letters: three words where
 * the character stands alone, one where it is a letter like any other. */
static void
borders_of_scripts(void **state)
{
    static const struct {
        int32_t c;
        size_t count;
    } cases[] = {
        {0x0E01, 3}, {0x0E5B, 2},  {0x0E81, 1},  {0x3005, 3},  {0x3007, 3},
        {0x3041, 3}, {0x30FF, 4},  {0x3105, 1},  {0x31F0, 3},  {0x31FF, 3},
        {0x3400, 3}, {0x4DBF, 3},  {0x4DC0, 2},  {0x4E00, 3},  {0x9FFF, 3},
        {0xA000, 1}, {0xF900, 3},  {0xFA6D, 3},  {0xFF66, 3},  {0xFF9D, 3},
        {0xFFA1, 1}, {0x20000, 3}, {0x2FA1D, 3}, {0x30000, 3}, {0x1B000, 3},
    };
    struct buf b = {0}, out = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        utf8proc_uint8_t bytes[4];
        size_t n = (size_t)utf8proc_encode_char(cases[i].c, bytes), count;

        buf_clear(&b);
        buf_addc(&b, 'a');
        buf_add(&b, bytes, n);
        buf_addc(&b, 'z');
        count = str_words(&out, b.data, b.len);
        if (count != cases[i].count)
            fail_msg("U+%04X: %zu", (unsigned)cases[i].c, count);
    }
    buf_free(&b);
    buf_free(&out);
}

/* Words of words are the same words; the count is that of the lines; no word
 * is empty. Over random text of every kind. */
static void
words_are_final(void **state)
{
    static const char *const pieces[] = {"a",
                                         "B",
                                         "7",
                                         " ",
                                         "'",
                                         "\xE2\x80\x99",
                                         "\n",
                                         "\xC3\xA9",
                                         "\xCC\x81",
                                         "\xE8\xBF\x94",
                                         "\xE0\xB8\xB7",
                                         "-",
                                         "\xC2\xAD",
                                         "\xEF\xB7\xBA",
                                         "\xE2\x84\xA2",
                                         "\xC5\x80",
                                         "\xC2\xBD"};
    struct buf text = {0}, once = {0}, twice = {0};
    uint64_t seed = 17;

    (void)state;
    for (int round = 0; round < 50000; round++) {
        size_t count, lines = 0;

        buf_clear(&text);
        buf_clear(&once);
        buf_clear(&twice);
        for (uint32_t i = next_random(&seed) % 30; i > 0; i--)
            buf_adds(&text, pieces[next_random(&seed) % COUNT_OF(pieces)]);
        count = str_words(&once, buf_str(&text), text.len);
        assert_int_equal(str_words(&twice, buf_str(&once), once.len), count);
        assert_string_equal(buf_str(&once), buf_str(&twice));
        assert_null(strstr(buf_str(&once), "\n\n"));
        assert_true(once.len == 0 || once.data[0] != '\n');
        for (size_t i = 0; i < once.len; i++)
            lines += once.data[i] == '\n';
        assert_int_equal(lines, count);
    }
    buf_free(&text);
    buf_free(&once);
    buf_free(&twice);
}

/* The text may end anywhere: nobody looks behind it. Sanitizers see it. */
static void
nothing_is_read_behind_the_text(void **state)
{
    static const char text[] = "don't \xC3\xA9'\xE2\x80\x99" MAN ZWJ "\r\n";
    struct buf b = {0};

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        char *exact = malloc(n == 0 ? 1 : n);

        memcpy(exact, text, n);
        utf8_clean(&b, exact, n);
        utf8_clip(exact, n, n / 2);
        utf8_valid(exact, n);
        if (utf8_valid(exact, n))
            assert_true(utf8_graphemes(exact, n, 3) <= n);
        utf8_harmless(&b, exact, n);
        str_fold(&b, exact, n);
        str_words(&b, exact, n);
        free(exact);
    }
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(blanks_are_trimmed),
        cmocka_unit_test(parts_are_cut),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(digits_stand_before_an_end),
        cmocka_unit_test(well_formed_utf8),
        cmocka_unit_test(clips_at_characters),
        cmocka_unit_test(graphemes),
        cmocka_unit_test(invalid_bytes_are_replaced),
        cmocka_unit_test(text_that_acts_is_made_harmless),
        cmocka_unit_test(joiners_stay_between_emoji_only),
        cmocka_unit_test(every_character_is_harmless),
        cmocka_unit_test(folding),
        cmocka_unit_test(folding_is_final),
        cmocka_unit_test(words_of_text),
        cmocka_unit_test(apostrophes),
        cmocka_unit_test(scripts_without_spaces),
        cmocka_unit_test(borders_of_scripts),
        cmocka_unit_test(words_are_final),
        cmocka_unit_test(nothing_is_read_behind_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
