/* The words over text, time and encodings that rules and adapters use. */
#include "try.h"

static void
folding_and_words(void **state)
{
    (void)state;
    assert_body("return text.fold '\xc3\x84rger CAF\xc3\x89'",
                "\"arger cafe\"");
    assert_body("return text.words \"Don't PANIC, it\xe2\x80\x99s 42!\"",
                "[\"dont\",\"panic\",\"its\",\"42\"]");
    assert_body("return text.words ''", "{}");
    assert_body("return #text.words 'a\\xff b'", "2");
}

/* Words that a file names while it loads, found in what is said later. */
static void
phrases_are_found(void **state)
{
    static const char file[] =
        "local P = text.phrases { 'money back', 'refund', 'Ag\u00e9nt' }\n"
        "local small = text.phrases { 'the', 'my', 'my money', 'my bag' }\n"
        "return function(what)\n"
        "  local T = text.tokens { 'I want my MONEY', 'back! A refund, "
        "refund.', "
        "'', 'agent' }\n"
        "  local U = text.tokens { 'where is my parcel now', "
        "'Where IS the parcel, now?', 'a b c d', 'hello there you all' }\n"
        "  return ({\n"
        "    find = function() return { text.find(T, P) } end,\n"
        "    third = function() return { text.find(T, P, 8) } end,\n"
        "    none = function() return { text.find(T, P, 1, 5) == nil, "
        "text.find(T, P, 9, 8) == nil } end,\n"
        "    places = function() return text.places(T, P) end,\n"
        "    nowhere = function() return text.places(T, P, 1, 4) == nil end,\n"
        "    is = function() return { text.is(T, 7, P), text.is(T, 6, P), "
        "text.is(T, 99, P) } end,\n"
        "    longest = function() return { text.is(T, 3, small) } end,\n"
        "    span = function() local o = {} for i = 1, 4 do o[i] = "
        "{ text.span(T, i) } end return o end,\n"
        "    string_at = function() return { text.string_at(T, 4), "
        "text.string_at(T, 5), text.string_at(T, 9), text.count(T) } end,\n"
        "    alike = function() return text.alike(U, { 1, 2, 3, 4 }, small, "
        "0.6) "
        "end,\n"
        "    late = function() return text.phrases { 'x' } end,\n"
        "    wrong = function() return text.find(P, T) end,\n"
        "    result = function() return T end,\n"
        "  })[what]()\n"
        "end\n";
    static const char *const cases[][2] = {
        {"find", "[2,7,2]"}, /* "money | back" is no phrase */
        {"third", "[2,8,2]"},
        {"none", "[true,true]"},
        {"places", "[7,8,9]"},
        {"nowhere", "true"},
        {"is", "[2,false,false]"},
        {"longest", "[3,2]"},
        {"span", "[[1,4],[5,8],[9,8],[9,9]]"},
        {"string_at", "[1,2,4,9]"},
        {"alike", "[3,3,0,8]"},
        {"late", "error: user.lua:17: text.phrases: only while the rules load"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[64];

        snprintf(json, sizeof json, "[\"%s\"]", cases[i][0]);
        assert_string_equal(try_file(file, json), cases[i][1]);
    }
    assert_int_equal(strncmp(try_file(file, "[\"wrong\"]"), "error: ", 7), 0);
    assert_int_equal(
        strncmp(try_file(file, "[\"result\"]"), "bad_result: ", 12), 0);
    assert_body_begins("text.tokens { 'a', 1 }",
                       "error: user.lua:1: text.tokens: item 2");
    assert_string_equal(try_file("text.phrases { 'a', '?' }", "[]"),
                        "bad_set: user.lua:1: text.phrases: item 2 holds no "
                        "word");
    assert_body("return { text.shouting('ABc d?!? !') }", "[0.5,4,3]");
    assert_body("return { text.shouting(('aB'):rep(150) .. '!!') }",
                "[0.5,300,2]");
}

/* Lists of lists, and a lexicon's sections; the words come back folded. */
static void
phrases_are_joined_and_shown(void **state)
{
    static const struct try_file files[] = {
        {"a.lua",
         "function word(name) return text.lexicon(name) end\n" TRY_PRELUDE,
         true},
        {"u.lua",
         "local L = word 'lexicon.txt'\n"
         "local all = text.join(L.one, L.two, text.phrases { 'last' })\n"
         "return function(what)\n"
         "  local shown = {}\n"
         "  for i = 1, 5 do shown[i] = text.phrase(all, i) end\n"
         "  local T = text.tokens { 'one b, and two C' }\n"
         "  return ({ shown = shown, find = { text.find(T, all) },\n"
         "    sections = { L.one ~= nil, L.two ~= nil, L.three == nil },\n"
         "    beyond = pcall(text.phrase, all, 6),\n"
         "    late = pcall(text.join, all), again = pcall(word, 'lexicon.txt') "
         "})[what]\n"
         "end\n",
         false},
        {"lexicon.txt",
         "# not, read\n[one en]\nOne A, one b ,, ...\r\n\n[two]\n two  C\n[one "
         "de]\n"
         "Stra\xc3\x9f"
         "e\n",
         false},
    };
    static const char *const cases[][2] = {
        {"shown", "[\"one a\",\"one b\",\"strasse\",\"two c\",\"last\"]"},
        {"find", "[2,1,1]"},
        {"sections", "[true,true,true]"},
        {"beyond", "false"},
        {"late", "false"},
        {"again", "false"},
    };
    struct sandbox_image *image = try_load(files, 3, NULL);

    (void)state;
    if (image == NULL)
        fail_msg("%s", try_outcome.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[64];

        snprintf(json, sizeof json, "[\"%s\"]", cases[i][0]);
        assert_string_equal(try_call(image, "run", json), cases[i][1]);
    }
    sandbox_image_free(image);
}

/* A set may name so many words and no more: they lie outside of its arena. */
static void
words_of_a_set_are_limited(void **state)
{
    (void)state;
    assert_non_null(strstr(
        try_file(
            "for k = 1, 100000 do local list = {} for i = 1, 500 do list[i] = "
            "'word' .. k .. 'x' .. i end text.phrases(list) end",
            "[]"),
        "the words of this set take more than 4 MiB"));
}

/* Against the plain way, on many words: enough to make the table of named
 * words grow several times. */
static void
phrases_agree_with_words(void **state)
{
    static const char file[] =
        "local function next(x) return x * 1103515245 + 12345 & 0x7fffffff "
        "end\n"
        "local names, x = {}, 1\n"
        "for i = 1, 400 do x = next(x) names[i] = 'w' .. x % 997 end\n"
        "local P = text.phrases(names)\n"
        "return function()\n"
        "  local list, x = {}, 7\n"
        "  for i = 1, 300 do local s = {} for k = 1, i % 17 do x = next(x) "
        "s[k] = 'w' .. x % 1997 end list[i] = table.concat(s, ' ') end\n"
        "  local named, T, n = {}, text.tokens(list), 0\n"
        "  for _, w in ipairs(names) do named[w] = true end\n"
        "  local want = {}\n"
        "  for i, s in ipairs(list) do\n"
        "    local first, last = text.span(T, i)\n"
        "    if first ~= n + 1 then return 'first' end\n"
        "    for _, word in ipairs(text.words(s)) do n = n + 1 if named[word] "
        "then want[#want + 1] = n end end\n"
        "    if last ~= n then return 'last' end\n"
        "  end\n"
        "  local have = text.places(T, P)\n"
        "  if #have ~= #want or #want < 200 then return #want end\n"
        "  for i = 1, #want do if have[i] ~= want[i] then return i end end\n"
        "  return text.count(T) == n\n"
        "end\n";

    (void)state;
    try_limits.instructions = 100000000;
    assert_string_equal(try_file(file, "[]"), "true");
    try_limits = script_limits_default[SCRIPT_DECIDE];
}

static void
clipping_keeps_characters_whole(void **state)
{
    (void)state;
    assert_body("return { text.clip('hello', 3) }", "[\"hel\",true]");
    assert_body("return { text.clip('hello', 5) }", "[\"hello\"]");
    assert_body("return { text.clip('', 5) }", "[\"\"]");
    assert_body("return (text.clip('e\xcc\x81'..'e\xcc\x81', 1))",
                "\"e\xcc\x81\"");
    assert_body("return (text.clip('hello', 0))", "\"\"");
    assert_body_begins("text.clip('hello', -1)", "error: ");
}

static void
trimming_and_cleaning(void **state)
{
    (void)state;
    assert_body("return text.trim ' \\t\\n a b \\r\\n'", "\"a b\"");
    assert_body("return text.trim '   '", "\"\"");
    assert_body("return text.harmless 'a\\27[2J\\u{202e}b\\u{200b}c\\n'",
                "\"a[2Jbc\\n\"");
    assert_body("return text.nearest('supprot', { 'billing', 'support' })",
                "\"support\"");
    assert_body("return text.nearest('zzz', { 'billing', 'support' }) == nil",
                "true");
    assert_body("return text.nearest('ab', { 'cd' }) == nil", "true");
    assert_body("return text.nearest('x', {}) == nil", "true");
    assert_body("return text.nearest(('x'):rep(1000), { ('x'):rep(1000) }) == "
                "nil",
                "true");
}

static void
html_becomes_text(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"<p>One</p><p>Two<br>lines</p>", "One\\n\\nTwo\\nlines"},
        {"a &amp; b &lt;c&gt; &eacute;&nbsp;&#39;",
         "a & b <c> \xc3\xa9\xc2\xa0'"},
        {"<ul><li>one<li>two</ul>after", "- one\\n- two\\n\\nafter"},
        {"see <a href=https://x.test/y>the page</a>!",
         "see the page (https://x.test/y)!"},
        {"<a href=https://x.test/>https://x.test/</a>", "https://x.test/"},
        {"<a href=mailto:a@b.test>write</a>", "write (a@b.test)"},
        {"<a href=javascript:alert(1)>x</a>", "x"},
        {"<script>alert(1)</script><style>p{}</style>x", "x"},
        {"<div>a</div><div>b</div>", "a\\nb"},
        {"<table><tr><td>a<td>b<tr><td>c</table>", "a b\\nc"},
        {"<pre>a\\n  b</pre>", "a\\n  b"},
        {"a<!-- c -->b", "ab"},
        {"  <b>a</b>  <i>b</i>  ", "a b"},
        {"<img src=x alt=logo>", "logo"},
        {"", ""},
        {"<<<>>>", "<<<>>>"},
    };
    struct buf body = {0}, says = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&body);
        buf_clear(&says);
        buf_addf(&body, "return text.html_to_text(\"%s\")", cases[i][0]);
        buf_addf(&says, "\"%s\"", cases[i][1]);
        assert_string_equal(try_body(buf_str(&body)), buf_str(&says));
    }
    buf_free(&body);
    buf_free(&says);
}

/* Pages made to cost gumbo its time, its memory or its stack. */
static void
html_bombs_are_harmless(void **state)
{
    static const char *const bodies[] = {
        "return #text.html_to_text(('<div>'):rep(50000))",
        "local t = {} for i = 1, 1900 do t[i] = ('<font size=%d>'):format(i) "
        "end return #text.html_to_text(table.concat(t) .. ('<p>x'):rep(50000))",
        "return #text.html_to_text(('<a>'):rep(80000))",
        "return #text.html_to_text(('<table>'):rep(30000))",
        "return #text.html_to_text(('<b><i></b></i>'):rep(15000))",
        "return #text.html_to_text(('<'):rep(250000))",
        "return #text.html_to_text('<' .. ('a'):rep(250000))",
        "return #text.html_to_text(('&'):rep(250000))",
        "return #text.html_to_text(('\\xff'):rep(80000))",
        "return #text.html_to_text('\\0\\0<p>\\0')",
        "return #text.markdown_to_text(('>'):rep(5000))",
        "return #text.markdown_to_text(('['):rep(50000))",
        "return #text.markdown_to_text(('*a '):rep(50000))",
        "return #text.markdown_to_text(('![['):rep(20000))",
        "return #text.markdown_to_text(('\\0'):rep(20000))",
    };

    (void)state;
    try_limits = script_limits_default[SCRIPT_READ];
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        try_body(bodies[i]);
        if (try_outcome.class != SCRIPT_OK)
            fail_msg("%s: %s", bodies[i], try_say());
    }
    assert_body_begins("return text.html_to_text(('x'):rep(262145))",
                       "error: user.lua:1: bad argument #1 to "
                       "'html_to_text' (longer than 256 KiB)");
    try_limits = script_limits_default[SCRIPT_DECIDE];
}

static void
markdown_becomes_text(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"# Title\\n\\nsome **bold** and `code`",
         "Title\\n\\nsome bold and code"},
        {"* one\\n* two\\n\\nafter", "- one\\n- two\\n\\nafter"},
        {"- a\\n\\n  b\\n- c", "- a\\n\\nb\\n\\n- c"},
        {"[the page](https://x.test/)", "the page (https://x.test/)"},
        {"<https://x.test/>", "https://x.test/"},
        {"line one\\nline two", "line one\\nline two"},
        {"a\\\\*b", "a*b"},
        {"```\\n  x = 1\\n```", "  x = 1"},
        {"> quoted", "quoted"},
        {"a <b>c</b> &amp; d", "a c & d"},
        {"", ""},
    };
    struct buf body = {0}, says = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&body);
        buf_clear(&says);
        buf_addf(&body, "return text.markdown_to_text(\"%s\")", cases[i][0]);
        buf_addf(&says, "\"%s\"", cases[i][1]);
        assert_string_equal(try_body(buf_str(&body)), buf_str(&says));
    }
    buf_free(&body);
    buf_free(&says);
}

static void
time_goes_both_ways(void **state)
{
    (void)state;
    assert_body("return time.format(1795230901123)",
                "\"2026-11-21T03:15:01.123Z\"");
    assert_body("return time.parse '2026-11-21T03:15:01.123Z'",
                "1795230901123");
    assert_body("return time.parse '2026-11-21T04:15:01+01:00'",
                "1795230901000");
    assert_body("return time.parse 'yesterday' == nil", "true");
    assert_body("return time.format(1795230901000.0)",
                "\"2026-11-21T03:15:01Z\"");
    assert_body_begins("time.format(math.maxinteger)", "error: ");
    assert_body_begins("time.format(1.5)", "error: ");
}

static void
encodings(void **state)
{
    (void)state;
    assert_body("return digest.hex_sha256 'abc'",
                "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
                "0015ad\"");
    assert_body("return base64.encode 'hello'", "\"aGVsbG8=\"");
    assert_body("return base64.decode 'aGVsbG8='", "\"hello\"");
    assert_body("return base64.decode '***' == nil", "true");
    assert_body("return url.encode 'a b/\xc3\xa4~-._'",
                "\"a%20b%2F%C3%A4~-._\"");
    assert_body("return url.encode(12)", "\"12\"");
    assert_body("return url.query { b = 'x y', a = 1, c = { 1, 'z' }, d = "
                "true, e = {} }",
                "\"a=1&b=x%20y&c=1&c=z&d=true\"");
    assert_body("return url.query {}", "\"\"");
    assert_body_begins("url.query { 1 }", "error: ");
    assert_body_begins("url.query { a = error }", "error: ");
}

static void
stock_words_still_work(void **state)
{
    (void)state;
    assert_body("return { utf8.len '\xc3\xa4"
                "b', utf8.char(228), utf8.offset('\xc3\xa4"
                "b', 2), utf8.codepoint '\xc3\xa4' }",
                "[2,\"\xc3\xa4\",3,228]");
    assert_body("local o = {} for p, c in utf8.codes 'a\xc3\xa4' do o[#o + 1] "
                "= p .. ':' .. c end return o",
                "[\"1:97\",\"2:228\"]");
    assert_body("return { math.floor(2.5), math.tointeger(3.0), math.max(1, "
                "5), math.type(1), tonumber '0x10', tonumber('z', 36), "
                "math.ult(1, -1) }",
                "[2,3,5,\"integer\",16,35,true]");
    assert_body("return { select(2, 'a', 'b'), select('#'), rawlen { 1 }, "
                "rawequal(1, 1), rawget({ a = 1 }, 'a'), #rawset({}, 1, 1) }",
                "[\"b\",0,1,true,1,1]");
    assert_body("return { ('abc'):upper(), ('abc'):sub(-2), ('abc'):byte(1), "
                "('ab'):rep(2, '-'), ('abc'):reverse(), #'abc' }",
                "[\"ABC\",\"bc\",97,\"ab-ab\",\"cba\",3]");
    assert_body("return assert(1)", "1");
    assert_body("assert(nil, 'why')", "error: user.lua:1: why");
    assert_body("assert(false)", "error: user.lua:1: assertion failed!");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_and_words),
        cmocka_unit_test(phrases_are_found),
        cmocka_unit_test(phrases_are_joined_and_shown),
        cmocka_unit_test(words_of_a_set_are_limited),
        cmocka_unit_test(phrases_agree_with_words),
        cmocka_unit_test(clipping_keeps_characters_whole),
        cmocka_unit_test(trimming_and_cleaning),
        cmocka_unit_test(html_becomes_text),
        cmocka_unit_test(html_bombs_are_harmless),
        cmocka_unit_test(markdown_becomes_text),
        cmocka_unit_test(time_goes_both_ways),
        cmocka_unit_test(encodings),
        cmocka_unit_test(stock_words_still_work),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
