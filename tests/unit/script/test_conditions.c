/*
 * The compiled conditions (script/conditions) against what each condition says
 * itself: for all words that have a compiled form, on conversations that know
 * much, little, nothing, and things of the wrong type. Each rule must have held
 * and not held, else its line proves nothing.
 */
#include "try.h"

#include "script/set.h"

#define FILES_MAX 64

#define E "escalate = { reason = 'x', next_step = 'y' }"

/* The compiled answer beside the condition's own, for each rule. */
static const char comparing[] =
    "local core, entry = rule_language, rule_language.entry\n"
    "local conditions = conditions\n"
    "local function found_one_by_one(m)\n"
    "  local list, i = {}, 0\n"
    "  repeat\n"
    "    i = conditions.next(core.policy.program, m, i + 1)\n"
    "    list[#list + 1] = i\n"
    "  until not i\n"
    "  return table.concat(list, ' ')\n"
    "end\n"
    "function entry.compare()\n"
    "  local wrong, held, missed = {}, {}, {}\n"
    "  for _, case in ipairs(cases) do\n"
    "    local m, quick = core.moment(case.c, case.facts or {}), {}\n"
    "    m.decision = case.decision\n"
    "    local numbers = core.matching(m) or {}\n"
    "    for _, i in ipairs(numbers) do quick[i] = true end\n"
    "    if found_one_by_one(m) ~= table.concat(numbers, ' ') then\n"
    "      wrong[#wrong + 1] = 'one by one in ' .. case.name\n"
    "    end\n"
    "    for i, r in ipairs(core.policy.rules) do\n"
    "      local good, own = pcall(r.when.test, r.when, m)\n"
    "      if not good or own ~= (quick[i] or false) then\n"
    "        wrong[#wrong + 1] = r.name .. ' in ' .. case.name\n"
    "      end\n"
    "      (own and held or missed)[r.name] = true\n"
    "    end\n"
    "  end\n"
    "  for _, r in ipairs(core.policy.rules) do\n"
    "    if not held[r.name] then wrong[#wrong + 1] = r.name .. ' never held' "
    "end\n"
    "    if not missed[r.name] then wrong[#wrong + 1] = r.name .. ' always "
    "held' end\n"
    "  end\n"
    "  return json.list(wrong)\n"
    "end\n";

static const char rules[] =
    "local function r(name, when) rule(name) { when = when, " E " } end\n"
    "r('says', says { 'refund', 'money back' })\n"
    "r('says_now', says_now 'refund')\n"
    "r('ai_says', ai_says { 'i will connect you' })\n"
    "r('long list', says { 'a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1', 'h1', "
    "'money back' })\n"
    "r('intent', intent { 'refund', 'billing' })\n"
    "r('channel', channel 'web')\n"
    "r('tier', tier { 'gold' })\n"
    "r('event', event 'session.ended')\n"
    "r('requested_by', requested_by 'flow')\n"
    "r('outcome', outcome 'unresolved')\n"
    "r('source', source_is 'shop')\n"
    "r('language', language 'de')\n"
    "r('confidence', confidence_below(0.5))\n"
    "r('confidence of turns', confidence_below(0.5, { turns = 1 }))\n"
    "r('sentiment', sentiment_below(-0.5))\n"
    "r('failed', failed_attempts(2))\n"
    "r('turns', turns(3))\n"
    "r('unresolved', unresolved())\n"
    "r('review', review_required())\n"
    "r('is text', field 'plan' :is('pro'))\n"
    "r('is number', field 'plan' :is(7))\n"
    "r('one of', field 'plan' :one_of { 'pro', 7 })\n"
    "r('present', attribute 'plan' :present())\n"
    "r('missing', attribute 'plan' :missing())\n"
    "r('at least', field 'worth' :at_least(50))\n"
    "r('at most', field 'worth' :at_most(50))\n"
    "r('above', field 'worth' :above(50))\n"
    "r('below', field 'worth' :below(50))\n"
    "r('false', field 'flag' :is(false))\n"
    "r('a function', function(c) return c.turn_count == 3 end)\n"
    "r('all', all { says 'refund', failed_attempts(2) })\n"
    "r('any', any { says 'refund', failed_attempts(2) })\n"
    "r('none', none { says 'refund', failed_attempts(2) })\n"
    "r('mixed', any { all { says 'refund', none { tier 'gold' }, "
    "function(c) return c.channel ~= nil end }, unresolved() })\n"
    "r('mentions', mentions 'legal')\n"
    "r('one of two', mentions { 'legal', 'press' })\n"
    "r('accepts', accepts_human())\n"
    "r('decided', decided { action = 'escalate', group = { 'a', 'b' } })\n"
    "local deep = says 'refund'\n"
    "for _ = 1, 60 do deep = all { any { deep } } end\n"
    "r('deep', deep)\n"
    "local shared = any { says 'refund', tier 'gold' }\n"
    "r('shared', shared)\n"
    "r('shared, and more', all { shared, failed_attempts(2) })\n"
    "r('shared, or none', none { shared })\n"
    "local many = {}\n"
    "for i = 1, 100 do many[i] = says('word' .. i) end\n"
    "many[101] = says 'refund'\n"
    "r('many', any(many))\n"
    "r('many again', any(many))\n"
    "r('none of many', none(many))\n";

static const char cases[] =
    "local said = function(seq, role, text) return { seq = seq, at_ms "
    "= seq * 1000000, role = role, text = text } end\n"
    "cases = {\n"
    "  { name = 'nothing', c = { messages = {} } },\n"
    "  { name = 'much', facts = { event = { type = 'session.ended' } "
    "}, c = {\n"
    "    messages = { said(1, 'customer', 'My REFUND, please'),\n"
    "      said(2, 'ai', 'Then I will connect you.'), said(3, "
    "'customer', 'now a refund') },\n"
    "    intent = { name = 'refund', confidence = 0.4 }, channel = "
    "'web',\n"
    "    customer = { tier = 'gold' }, handoff = { via = 'flow' },\n"
    "    outcome = 'unresolved', source = 'shop', language = 'de-AT',\n"
    "    sentiment = { score = -0.9 }, ai = { failed_attempts = 2 }, "
    "turn_count = 3,\n"
    "    flags = { review_required = true },\n"
    "    fields = { plan = 'pro', worth = 50, flag = false },\n"
    "    attributes = { plan = 'x' } } },\n"
    "  { name = 'at the limits', c = {\n"
    "    messages = { said(1, 'customer', 'refund? money back'), "
    "said(2, 'customer', 'b1 money back') },\n"
    "    intent = { name = 'other', confidence = 0.5 }, customer = { "
    "tier = '' },\n"
    "    handoff = {}, outcome = 'open', sentiment = { score = -0.5 },\n"
    "    ai = { failed_attempts = 1 }, turn_count = 2,\n"
    "    flags = { review_required = false }, fields = { plan = 7, "
    "worth = 50.5 } } },\n"
    "  { name = 'numbers as text', c = {\n"
    "    messages = { { seq = 1, at_ms = 1, role = 'customer', text = "
    "'hello', confidence = 0.2 } },\n"
    "    fields = { plan = 7.0, worth = 'EUR 49.99' } } },\n"
    "  { name = 'what is no number', c = {\n"
    "    messages = { { seq = 1, role = 'customer', auto = true, text "
    "= 'refund' } },\n"
    "    fields = { plan = true, worth = 'much' } } },\n"
    "  { name = 'law', decision = { action = 'escalate', group = 'b' "
    "}, c = {\n"
    "    messages = { said(1, 'customer', 'My lawyer will write.'),\n"
    "      said(2, 'ai', 'Shall I connect you with a human?'), said(3, "
    "'customer', 'Yes please') } } },\n"
    "  { name = 'no law', decision = { action = 'keep' }, c = {\n"
    "    messages = { said(1, 'customer', 'This is not about a "
    "lawsuit.') } } },\n"
    "  { name = 'of an earlier episode', c = { episode = 2,\n"
    "    messages = { { seq = 1, episode = 1, role = 'customer', text "
    "= 'refund' } } } },\n"
    "}\n";

/* NULL, with try_outcome, when the rules are refused. */
static struct sandbox_image *
load_with(const char *text)
{
    struct try_file files[FILES_MAX];
    size_t n = 0;

    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (strncmp(f->path, "rules/std/", 10) == 0) {
            assert_true(n + 3 < FILES_MAX);
            files[n++] = (struct try_file){f->path, f->text, true};
        }
    files[n++] = (struct try_file){"cases.lua", cases, true};
    files[n++] = (struct try_file){"compare.lua", comparing, true};
    files[n++] = (struct try_file){"user.lua", text, false};
    return try_load(files, n, "{}");
}

static void
compiled_is_what_it_says(void **state)
{
    struct sandbox_image *image = load_with(rules);

    (void)state;
    if (image == NULL)
        fail_msg("%s", try_outcome.text);
    assert_string_equal(try_call(image, "compare", "[]"), "[]");
    sandbox_image_free(image);
}

/* A condition that a policy makes by hand may say anything of itself: what is
 * not understood is asked of its test. */
static void
made_by_hand(void **state)
{
    static const char *const quick[] = {
        "{}",
        "{ 'nonsense' }",
        "{ 'one_of', 5, 'c' }",
        "{ 'below', 'x', 'c' }",
        "{ 'says', 'customer', 'x' }",
        "{ 'at_least', 1 }",
        "{ 'is', 1, 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c' }",
        "{ 'all' }",
        "setmetatable({}, { __index = function() return 'all' end })",
    };

    (void)state;
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        struct buf text = {0};
        struct sandbox_image *image;

        buf_addf(&text,
                 "rule 'a' { when = { test = function() return true end, "
                 "evidence = function() end, quick = %s }, keep = true }",
                 quick[i]);
        image = load_with(buf_str(&text));
        if (image == NULL)
            fail_msg("%s: %s", quick[i], try_outcome.text);
        assert_string_equal(try_call(image, "decide", "[{\"messages\":[]},{}]"),
                            "{\"action\":\"keep\",\"rule\":\"a\"}");
        sandbox_image_free(image);
        buf_free(&text);
    }
}

/* A condition that rules share is asked once, but for what a function may have
 * changed since. */
static void
shared_by_rules(void **state)
{
    struct sandbox_image *image = load_with(
        "local pro = field 'plan' :is('pro')\n"
        "rule 'a' { when = pro, keep = true }\n"
        "rule 'b' { when = all { pro }, keep = true }\n"
        "rule 'c' { when = function(c) c.fields = { plan = 'pro' } end, "
        "keep = true }\n"
        "rule 'd' { when = all { pro }, keep = true }\n"
        "rule 'e' { when = pro, keep = true }\n");

    (void)state;
    if (image == NULL)
        fail_msg("%s", try_outcome.text);
    assert_string_equal(
        try_call(image, "decide", "[{\"messages\":[]},{}]"),
        "{\"action\":\"keep\",\"evidence\":[{\"signal\":\"field \\\"plan\\\"\","
        "\"threshold\":\"pro\",\"value\":\"pro\"}],\"rule\":\"d\","
        "\"would\":[\"e\"]}");
    sandbox_image_free(image);
}

/* What the files of the language have among themselves no policy sees. */
static void
hidden_from_rules(void **state)
{
    static const char *const names[] = {"conditions", "rule_language"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf text = {0};

        buf_addf(&text, "return %s", names[i]);
        assert_body_begins(buf_str(&text), "error: user.lua:1: unknown word");
        buf_free(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_is_what_it_says),
        cmocka_unit_test(made_by_hand),
        cmocka_unit_test(shared_by_rules),
        cmocka_unit_test(hidden_from_rules),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
