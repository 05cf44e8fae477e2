/* What is kept of texts from one call of a series to the next: no script can
 * tell, nor what the call is charged. */
#include "try.h"

#include "script/memo.h"

/* Long lists and short ones, whole strings and parts of them. */
static const char rules[] =
    "local many = text.phrases { 'money back', 'refund', 'agent', 'a human',\n"
    "  'help me', 'lawyer', 'court', 'my money', 'parcel', 'the parcel' }\n"
    "local few = text.phrases { 'the parcel', 'money', 'gone for ever' }\n"
    "local small = text.phrases { 'the', 'my', 'is' }\n"
    "local function both(t, out, ...)\n"
    "  for _, p in ipairs { many, few } do\n"
    "    out[#out + 1] = { text.find(t, p, ...) }\n"
    "    out[#out + 1] = text.places(t, p, ...) or false\n"
    "  end\n"
    "end\n"
    "return function(messages, from)\n"
    "  local list, texts, t, quotes, loud = text.said(messages, 'customer')\n"
    "  local out = { text.count(t), quotes, loud }\n"
    "  both(t, out)\n"
    "  both(t, out, from)\n"
    "  both(t, out, from, from + 9)\n"
    "  for i = 1, #list do both(t, out, text.span(t, i)) end\n"
    "  both(text.tokens(texts), out)\n"
    "  for i = 1, text.count(t) do out[#out + 1] = { text.is(t, i, many) } "
    "end\n"
    "  if #list > 1 then\n"
    "    out[#out + 1] = text.unlike(t, 1, #list, small, 0.6) or false\n"
    "    out[#out + 1] = text.alike(t, { 1, #list }, small, 0.6)\n"
    "    out[#out + 1] = text.alike(t, { #list, 1, 2 }, many, 0.6)\n"
    "    out[#out + 1] = text.alike(t, { 2, 1 }, small, 0.6)\n"
    "    out[#out + 1] = text.unlike(t, 2, 2, few, 0.6) or false\n"
    "  end\n"
    "  return out\n"
    "end\n";

static const char *const said[] = {
    "My parcel is gone!! Where IS the parcel?",
    "I want my MONEY back",
    "> the parcel has left\\nno it has not",
    "",
    "where is the parcel? my parcel is gone",
    "a human, help me: money, money back, the parcel gone for ever, "
    "\\u00c4gent",
    "refund",
};

#define SAID (sizeof said / sizeof said[0])

/* The first messages as arguments, and a place to look from. */
static const char *
arguments(size_t count)
{
    static struct buf b;

    buf_clear(&b);
    buf_adds(&b, "[[");
    for (size_t i = 0; i < count; i++)
        buf_addf(&b, "%s{\"role\":\"customer\",\"text\":\"%s\"}",
                 i > 0 ? "," : "", said[i]);
    buf_addf(&b, "],%zu]", count * 2);
    return buf_str(&b);
}

static struct sandbox_image *
load(const char *text)
{
    const struct try_file files[] = {{"std.lua", TRY_PRELUDE, true},
                                     {"user.lua", text, false}};
    struct sandbox_image *image = try_load(files, 2, NULL);

    if (image == NULL)
        fail_msg("%s", try_say());
    return image;
}

/* Everything there is to tell of the call, with or without a series. */
static void
run(struct sandbox_image *image, const char *json, struct buf *out)
{
    const char *text = try_call(image, "run", json);

    buf_clear(out);
    buf_addf(out, "%s at %s, %lld units, %zu bytes", text,
             try_outcome.where != NULL ? try_outcome.where : "nowhere",
             (long long)try_outcome.instructions, try_outcome.peak);
}

/* The calls of one conversation alone, then in a series, twice. */
static void
compare_all(struct sandbox_image *image)
{
    struct buf alone = {0}, kept = {0};

    for (size_t round = 0; round < 2; round++)
        for (size_t n = 0; n <= SAID; n++) {
            sandbox_forget(try_sandbox);
            run(image, arguments(n), &alone);
            sandbox_remember(try_sandbox);
            for (size_t k = round == 0 ? n : 0; k <= n; k++)
                run(image, arguments(k), &kept);
            assert_string_equal(buf_str(&alone), buf_str(&kept));
            run(image, arguments(n), &kept);
            assert_string_equal(buf_str(&alone), buf_str(&kept));
        }
    sandbox_forget(try_sandbox);
    buf_free(&alone);
    buf_free(&kept);
}

static void
a_series_says_the_same(void **state)
{
    struct sandbox_image *image = load(rules);

    (void)state;
    compare_all(image);
    sandbox_image_free(image);
}

/* A call alone, and the same behind one of its series that had these limits. */
static void
compare_behind(struct sandbox_image *image, const struct script_limits *before)
{
    struct script_limits limits = try_limits;
    struct buf alone = {0}, kept = {0};

    run(image, arguments(SAID), &alone);
    try_limits = *before;
    sandbox_remember(try_sandbox);
    run(image, arguments(SAID), &kept);
    try_limits = limits;
    run(image, arguments(SAID), &kept);
    sandbox_forget(try_sandbox);
    assert_string_equal(buf_str(&alone), buf_str(&kept));
    buf_free(&alone);
    buf_free(&kept);
}

/* Wherever the budget ends, it ends there alone and in a series. */
static void
a_series_is_charged_the_same(void **state)
{
    struct sandbox_image *image = load(rules);
    struct script_limits enough = try_limits;
    struct buf alone = {0};

    (void)state;
    run(image, arguments(SAID), &alone);
    enough.instructions = try_outcome.instructions;
    assert_true(enough.instructions > 1000);
    for (int64_t budget = 1; budget <= enough.instructions + 1; budget++) {
        try_limits.instructions = budget;
        compare_behind(image, &enough);
    }
    try_limits = script_limits_default[SCRIPT_DECIDE];
    buf_free(&alone);
    sandbox_image_free(image);
}

static void
a_small_heap_ends_a_series_the_same(void **state)
{
    struct sandbox_image *image = load(rules);
    size_t begin = sandbox_image_size(image);

    (void)state;
    for (size_t heap = begin / 2; heap < begin + 65536; heap += 512) {
        try_limits.heap = heap;
        compare_behind(image, &try_limits);
    }
    try_limits = script_limits_default[SCRIPT_DECIDE];
    sandbox_image_free(image);
}

/* More texts than are kept, and one that is too long. */
static void
what_finds_no_room_is_told_all_the_same(void **state)
{
    static const char many[] =
        "local p = text.phrases { 'word 7', 'word 280', 'long end', 'a', 'b',\n"
        "  'c', 'd', 'e' }\n"
        "return function()\n"
        "  local list = { ('long '):rep(5000) .. 'end' }\n"
        "  for i = 1, 300 do list[#list + 1] = 'word ' .. i end\n"
        "  local t = text.tokens(list)\n"
        "  return { text.places(t, p), { text.find(t, p) },\n"
        "    { text.find(t, p, 5100) } }\n"
        "end\n";
    struct sandbox_image *image = load(many);
    struct buf alone = {0}, kept = {0};

    (void)state;
    run(image, "[]", &alone);
    sandbox_remember(try_sandbox);
    for (int i = 0; i < 3; i++) {
        run(image, "[]", &kept);
        assert_string_equal(buf_str(&alone), buf_str(&kept));
    }
    sandbox_forget(try_sandbox);
    buf_free(&alone);
    buf_free(&kept);
    sandbox_image_free(image);
}

/* The numbers of words are those of one set: another's know nothing of them. */
static void
each_set_keeps_its_own(void **state)
{
    static const char one[] =
        "local p = text.phrases { 'apple', 'pear' }\n"
        "return function(s) return { text.find(text.tokens { s }, p) } end\n";
    static const char other[] =
        "local p = text.phrases { 'pear', 'plum', 'fig' }\n"
        "return function(s) return { text.find(text.tokens { s }, p) } end\n";
    struct sandbox_image *a = load(one), *b = load(other);

    (void)state;
    sandbox_remember(try_sandbox);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(try_call(a, "run", "[\"a ripe pear\"]"), "[2,3,1]");
        assert_string_equal(try_call(b, "run", "[\"a ripe pear\"]"), "[1,3,1]");
    }
    sandbox_forget(try_sandbox);
    sandbox_image_free(a);
    sandbox_image_free(b);
}

/* --- the store itself --- */

static void
texts_are_found_by_their_bytes(void **state)
{
    struct memo *m = memo_new();
    uint32_t place;

    (void)state;
    memo_clear(m, NULL);
    assert_int_equal(memo_find(m, "one", 3, 7), 0);
    place = memo_add(m, "one", 3, 7, 1);
    assert_int_not_equal(place, 0);
    memo_text(m, place)->numbers[0] = 5;
    assert_int_equal(memo_find(m, "one", 3, 7), place);
    assert_int_equal(memo_find(m, "onE", 3, 7), 0);
    assert_int_equal(memo_find(m, "one", 2, 7), 0);
    assert_int_not_equal(memo_add(m, "", 0, 7, 0), 0);
    assert_int_equal(memo_text(m, place)->numbers[0], 5);
    memo_clear(m, NULL);
    assert_int_equal(memo_find(m, "one", 3, 7), 0);
    assert_int_equal(memo_add(m, "two", 3, 7, 1), place);
    assert_int_equal(memo_text(m, place)->numbers[0], 0);
    memo_free(m);
}

static void
there_is_an_end_to_it(void **state)
{
    struct memo *m = memo_new();
    char *text = mem_zero(MEMO_TEXT_MAX + 1);
    size_t kept = 0;

    (void)state;
    memo_clear(m, NULL);
    assert_int_equal(memo_add(m, text, MEMO_TEXT_MAX + 1, 7, 1), 0);
    assert_int_equal(memo_find(m, text, MEMO_TEXT_MAX + 1, 7), 0);
    while (kept < 1000) {
        text[0] = (char)kept;
        text[1] = (char)(kept / 256);
        if (memo_add(m, text, MEMO_TEXT_MAX, 7, MEMO_TEXT_MAX / 2) == 0)
            break;
        kept++;
    }
    assert_in_range(kept, 5, MEMO_BYTES / MEMO_TEXT_MAX);
    memo_clear(m, NULL);
    for (kept = 0; kept < 1000; kept++)
        if (memo_add(m, (const char *)&kept, sizeof kept, 7, 0) == 0)
            break;
    assert_in_range(kept, 100, 400);
    free(text);
    memo_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_says_the_same),
        cmocka_unit_test(a_series_is_charged_the_same),
        cmocka_unit_test(a_small_heap_ends_a_series_the_same),
        cmocka_unit_test(what_finds_no_room_is_told_all_the_same),
        cmocka_unit_test(each_set_keeps_its_own),
        cmocka_unit_test(texts_are_found_by_their_bytes),
        cmocka_unit_test(there_is_an_end_to_it),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
