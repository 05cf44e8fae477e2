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
    "end\n"
    "function entry.matching(c)\n"
    "  return json.list(core.matching(core.moment(c, {})))\n"
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
    "r('none of many', none(many))\n"
    "r('confidence of two', confidence_below(0.5, { turns = 2 }))\n"
    "r('sentiment of two', sentiment_below(0.3, { turns = 2 }))\n"
    "r('offered', offered())\n"
    "r('offered that', offered 'that')\n"
    "r('handed over', handed_over())\n"
    "r('pattern', field 'plan' :matches 'pr+o')\n"
    "r('before', attribute 'plan' :before '2026-01-01')\n"
    "r('within', attribute 'plan' :within '2h')\n"
    "local worth = amount { field = 'worth', table = { EUR = 1 }, default = "
    "'EUR' }\n"
    "r('amount', worth:at_least(50))\n"
    "r('no amount', worth:missing())\n"
    "r('asks', asks_for_human())\n"
    "r('asks vaguely', asks_for_human 'vague')\n"
    "r('asks twice', asks_for_human('vague', { times = 2 }))\n"
    "r('once', repeats(1))\n"
    "r('twice', repeats(2))\n"
    "r('twice again', repeats(2))\n"
    "r('three times', repeats(3))\n"
    "r('calm', all { frustrated(0), says 'refund' })\n"
    "r('frustrated', frustrated(2))\n"
    "r('frustrated more', frustrated(3, { marks = 3 }))\n"
    "r('falling', falling(0.3, 2))\n"
    "r('mood falls', mood_falls(0.3, 2))\n"
    "r('thanks', thanks())\n"
    "r('no thanks', none { thanks() })\n"
    "r('automatic', automatic())\n"
    "r('empty', empty_opening())\n"
    "r('open', open 'support')\n"
    "r('closed', closed 'support')\n"
    "r('saturday', on { 'saturday', calendar = 'support' })\n"
    "r('promised', sla_left_below '10m')\n"
    "r('available', available 'billing')\n"
    "r('unavailable', unavailable 'billing')\n"
    "r('silent', silent '15m')\n"
    "incidents 'incidents.txt'\n"
    "r('incident', incident())\n"
    "r('incident again', any { all { incident(), field 'plan' :missing() }, "
    "incident() })\n";

static const char incidents[] = "pay | intent payment_failed | words cannot "
                                "pay, card declined | region eu\n"
                                "app | words white screen | version 5\n"
                                "old | intent crash | closed\n";

/* Each is told alone, and as the answer to "I can help." before it. */
static const char sayings[] =
    "for i, one in ipairs {\n"
    "  { 'I want to talk to a real person' }, { 'agent' }, { 'agent', 'agent' "
    "},\n"
    "  { 'how do I contact you' }, { 'how', 'contact you' }, { 'my agent app "
    "fails' },\n"
    "  { 'is there anybody I can talk to' }, { 'anybody', 'talk' }, { 'I am "
    "no human' },\n"
    "  { 'can someone call me back?' }, { 'someone from support should "
    "come' },\n"
    "  { 'where is my parcel today', 'Where IS my parcel, today?' },\n"
    "  { 'where is my parcel today', 'it rains here in town' },\n"
    "  { 'where is my parcel today', 'it rains here in town', 'where is my "
    "parcel today', 'my parcel today is where' },\n"
    "  { 'where is my parcel today', 'my parcel is where this day today' },\n"
    "  { 'one two three four five six', 'one two three four five six seven "
    "eight nine' },\n"
    "  { 'one two three four five six', 'one two three four five six seven "
    "eight nine ten' },\n"
    "  { 'no no no', 'no no no' }, { 'a b c d', 'a b c d' }, { 'parcel', "
    "'parcel' },\n"
    "  { 'this is STUPID, never again!!!' }, { 'WHERE IS MY PARCEL' }, { 'not "
    "stupid' }, { 'what?!' }, { 'where is it?!!' },\n"
    "  { 'stupid', 'WHERE IS MY PARCEL?!?' }, { 'good', 'bad, useless' },\n"
    "  { 'Thanks!' }, { 'ok great' }, { 'you said it works' }, { 'that is "
    "it' }, { 'ok but why' },\n"
    "  { 'thanks', 'where is it' }, { 'where is it', 'many thanks' }, { 'and "
    "it works now' },\n"
    "  { 'well, many thanks' }, { 'so, you see, it fails, thanks' }, { "
    "'thanks, please write' },\n"
    "  { '' }, { '...' }, { ':-)', '' }, { ':-)', 'hello' }, { '> Thanks\\nno' "
    "}, { '> thanks' },\n"
    "  { '```refund``` where is my parcel today', 'where is my parcel today' "
    "},\n"
    "  { 'I cannot pay' }, { 'my card declined' }, { 'white screen' }, { 'the "
    "mail is late' },\n"
    "  { 'caf\xc3\xa9', 'CAFE' },\n"
    "} do\n"
    "  for _, apart in ipairs { 1, 40000 } do\n"
    "    local alone, answered = {}, {}\n"
    "    for k, text in ipairs(one) do\n"
    "      alone[k] = { seq = k, at_ms = k * apart, role = 'customer', text = "
    "text }\n"
    "      answered[2 * k - 1] = { seq = 2 * k - 1, at_ms = k * apart, role = "
    "'ai', text = 'I can help.' }\n"
    "      answered[2 * k] = { seq = 2 * k, at_ms = k * apart, role = "
    "'customer', text = text, intent = 'x' }\n"
    "    end\n"
    "    local region = i % 2 == 0 and 'EU' or 'us'\n"
    "    cases[#cases + 1] = { name = one[1] .. ' alone ' .. apart, c = { "
    "messages = alone,\n"
    "      attributes = { region = region } } }\n"
    "    cases[#cases + 1] = { name = one[1] .. ' answered ' .. apart, c = { "
    "messages = answered,\n"
    "      intent = { name = 'Payment_failed' }, fields = { region = region } "
    "} }\n"
    "  end\n"
    "end\n";

/* Many turns, of which only the newest count, and scores beside them. */
static const char courses[] =
    "for length = 1, 24 do\n"
    "  for step = 1, 8 do\n"
    "    local list = {}\n"
    "    for i = 1, length do\n"
    "      list[i] = { seq = step < 4 and i or i * 2, at_ms = i * 20000, role "
    "= 'customer', text = 'the number of my parcel is ' .. i % step,\n"
    "        confidence = i % step < 2 and 0.4 or nil, sentiment = step == 6 "
    "and 0.5 - i % 4 * 0.3 or i % 7 == step and (length - i) / 4 - 0.4 or "
    "nil,\n"
    "        auto = i == step and length > 9 or nil, intent = step == 8 and "
    "'i' .. i % 3 or nil }\n"
    "    end\n"
    "    cases[#cases + 1] = { name = 'course ' .. length .. ' ' .. step, c = "
    "{ messages = list, sentiment = step == 5 and { score = -0.7 } or nil } }\n"
    "  end\n"
    "end\n";

/* The newest and one other are alike. */
static const char couples[] =
    "for length = 2, 20 do\n"
    "  for other = 1, length - 1 do\n"
    "    local list = {}\n"
    "    for i = 1, length do\n"
    "      local like = i == other or i == length\n"
    "      list[i] = { seq = i * 2, at_ms = i, role = 'customer',\n"
    "        text = like and 'where is my parcel today' or ('aa%d bb%d cc%d "
    "dd%d'):format(i, i, i, i) }\n"
    "    end\n"
    "    cases[#cases + 1] = { name = 'pair ' .. other .. ' of ' .. length, c "
    "= { messages = list } }\n"
    "  end\n"
    "end\n";

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
    "}\n"
    "local function told(name, c, facts)\n"
    "  c.messages = c.messages or { said(1, 'customer', 'hello') }\n"
    "  cases[#cases + 1] = { name = name, c = c, facts = facts }\n"
    "end\n"
    "for _, header in ipairs { 'Auto-Submitted', 'auto_submitted', "
    "'precedence', 'x-autoreply', 'spam', 'plan', '', ('x'):rep(99) } do\n"
    "  for _, value in ipairs { 'yes', 'no', 'bulk', true, 5 } do\n"
    "    told(header .. ' ' .. tostring(value), { attributes = { a = 1, "
    "[header] = value } })\n"
    "  end\n"
    "end\n"
    "told('out of office', { attributes = { subject = 'Out of office: back "
    "soon' } })\n"
    "told('a subject', { attributes = { subject = 'my order' } })\n"
    "told('one of a machine', { messages = { said(1, 'customer', 'refund'), "
    "{ seq = 2, role = 'customer', auto = true, text = 'away' } } })\n"
    "told('of a machine before', { messages = { { seq = 1, role = "
    "'customer', auto = true, text = 'away' }, said(2, 'customer', 'no') } "
    "})\n"
    "told('of a machine, earlier', { episode = 2, messages = { { seq = 1, "
    "episode = 1, role = 'customer', auto = true, text = 'away' } } })\n"
    "told('a picture', { messages = { { seq = 1, role = 'customer', text = "
    "'', attachments = 1 } } })\n"
    "told('offers', { rule_state = { offered = { that = 1 } }, handoff_id = "
    "'h' })\n"
    "told('another offer', { rule_state = { offered = { this = 1 } } })\n"
    "told('no offer', { rule_state = {} })\n"
    "for _, date in ipairs { '2025-12-31', '2026-01-01T00:30:00Z', "
    "'2026-01-02', 'soon', 5 } do\n"
    "  told('date ' .. date, { attributes = { plan = date } }, { now_ms = "
    "1767225600000 })\n"
    "end\n"
    "for i, calendars in ipairs { {}, { support = { open = true } }, { "
    "support = { open = false } }, { desk = { open = true } },\n"
    "    { desk = {}, support = false }, { support = { weekday = 6, date = "
    "'2026-11-21' } } } do\n"
    "  for k, groups in ipairs { false, {}, { support = { calendar = 'desk' } "
    "}, { support = {} }, { support = { calendar = 'none' } } } do\n"
    "    told('calendar ' .. i .. ' ' .. k, {}, { calendars = calendars, "
    "groups = groups or nil, now_ms = 1 })\n"
    "  end\n"
    "end\n"
    "for i, left in ipairs { 0, 599999, 600000, false } do\n"
    "  told('promise ' .. i, { last_customer_at_ms = 5, last_ai_at_ms = i * "
    "2 }, { now_ms = left or nil, sla = { left_ms = left or nil } })\n"
    "end\n"
    "told('long silent', { last_customer_at_ms = 5, last_ai_at_ms = 9 }, { "
    "now_ms = 900005 })\n"
    "told('not answered', { last_customer_at_ms = 5 }, { now_ms = 900005 "
    "})\n"
    "for _, state in ipairs { 'online', 'offline', 'full' } do\n"
    "  told(state, {}, { availability = { billing = { state = state, open = "
    "1, capacity = 1 } } })\n"
    "end\n"
    "told('a name that is no text', { intent = { name = 5 } })\n"
    "told('crash', { intent = { name = 'crash' } })\n"
    "told('paying', { intent = { name = 'payment_failed' }, fields = { "
    "region = 'eu' } })\n";

/* NULL, with try_outcome, when the rules are refused. */
static struct sandbox_image *
load_with(const char *text)
{
    struct try_file files[FILES_MAX];
    size_t n = 0;

    for (const struct embedded_file *f = embedded_files; f->path; f++)
        if (strncmp(f->path, "rules/std/", 10) == 0) {
            assert_true(n + 7 < FILES_MAX);
            files[n++] = (struct try_file){f->path, f->text, true};
        }
    files[n++] = (struct try_file){"cases.lua", cases, true};
    files[n++] = (struct try_file){"cases-sayings.lua", sayings, true};
    files[n++] = (struct try_file){"cases-courses.lua", courses, true};
    files[n++] = (struct try_file){"cases-couples.lua", couples, true};
    files[n++] = (struct try_file){"compare.lua", comparing, true};
    files[n++] = (struct try_file){"incidents.txt", incidents, false};
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
    try_limits.instructions = INT64_MAX / 8; /* hundreds of decisions */
    try_limits.pattern_steps = INT64_MAX / 8;
    assert_string_equal(try_call(image, "compare", "[]"), "[]");
    try_limits = script_limits_default[SCRIPT_DECIDE];
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
        "{ 'may', 5 }",
        "{ 'may', { { quick = { 'sign', 'customer', 'no such' } }, { quick = "
        "{ 'no such' } } } }",
        "{ 'sign', 'customer', 5 }",
        "{ 'begins', 'customer', 'x' }",
        "{ 'meets', 'customer', text.phrases { 'x' } }",
        "{ 'says', 'nobody', text.phrases { 'x' } }",
        "{ 'may_repeat', 'own', text.phrases { 'x' }, 1, 2 }",
        "{ 'calendar', 'support' }",
        "{ 'folded_one_of', 'x', 'c' }",
        "{ 'has_name', 5, 'c' }",
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

/* What was found out counts until a test was called, which may change it. */
static void
found_out_anew(void **state)
{
    struct sandbox_image *image = load_with(
        "local marked = all { field 'mark' :present(), says 'hello' }\n"
        "local function set(c) c.fields = { mark = 1 } return true end\n"
        "for i, when in ipairs { marked, marked, set, marked, any { marked } } "
        "do\n"
        "  rule('rule ' .. i) { when = when, " E " }\n"
        "end\n");

    (void)state;
    if (image == NULL)
        fail_msg("%s", try_outcome.text);
    assert_string_equal(
        try_call(
            image, "matching",
            "[{\"messages\":[{\"role\":\"customer\",\"text\":\"hello\"}]}]"),
        "[3,4,5]");
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
        cmocka_unit_test(found_out_anew),
        cmocka_unit_test(hidden_from_rules),
    };

    return cmocka_run_group_tests(tests, try_setup, try_teardown);
}
