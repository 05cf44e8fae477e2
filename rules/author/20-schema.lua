-- The one description of every word that a policy, its tests, an adapter or the
-- configuration can use: for editors (`usher stubs`) and for whoever reads on.
-- A test compares it with the words there really are, both ways.

local author = rule_language.author or {}
rule_language.author = author
local schema = { scopes = {}, classes = {}, libraries = {}, lua = {} }
author.schema = schema

-- --- Lua's own, as far as the sandbox has it -------------------------------------------

for word in ([[ assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select setmetatable
    tonumber tostring type xpcall ]]):gmatch("%S+") do
  schema.lua[#schema.lua + 1] = word
end

local stock = {
  string = "byte char find format gmatch gsub len lower match rep reverse sub upper",
  math = "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin sqrt tan tointeger type ult",
  table = "concat insert move pack remove sort unpack",
  utf8 = "char charpattern codepoint codes len offset",
}
schema.stock = {}
for name, members in pairs(stock) do
  schema.stock[name] = {}
  for member in members:gmatch("%S+") do table.insert(schema.stock[name], member) end
end

-- { word, parameters, what it gives, what it is for }
local function library(name)
  return function(rows) schema.libraries[#schema.libraries + 1] = { name = name, rows = rows } end
end
local function words(scope, rows)
  schema.scopes[scope] = schema.scopes[scope] or {}
  for _, row in ipairs(rows) do table.insert(schema.scopes[scope], row) end
end
local function class(scope, name, about, rows)
  schema.classes[#schema.classes + 1] = { scope = scope, name = name, about = about, rows = rows }
end

library "text" {
  { "fold", "s: string", "string", "Case folded, accents removed." },
  { "words", "s: string", "string[]", "The folded words." },
  { "clip", "s: string, n: integer", "string, boolean?", "The first n characters as people count them; true when something was cut off." },
  { "trim", "s: string", "string", "Without white space at both ends." },
  { "harmless", "s: string", "string", "Without control, bidi and invisible characters." },
  { "html_to_text", "s: string", "string", "Blocks become lines, links \"text (url)\"; 256 KiB at most." },
  { "markdown_to_text", "s: string", "string", "CommonMark to plain text; 256 KiB at most." },
  { "nearest", "word: string, list: string[]", "string?", "The most similar name, nil when none is near." },
  { "join", "...", "userdata", "Several sets of phrases as one." },
  { "lexicon", "file: string, section?: string", "userdata", "Phrases from a file of the language." },
  { "phrase", "phrases: userdata, n: integer", "string", "The text of a phrase." },
  { "phrases", "list: string[]", "userdata", "Phrases to look for; while the rules load only." },
  { "tokens", "list: string[]", "userdata", "The words of several texts, numbered." },
  { "count", "tokens: userdata", "integer", "How many words there are." },
  { "span", "tokens: userdata, i: integer", "integer, integer", "First and last position of text i." },
  { "string_at", "tokens: userdata, position: integer", "integer", "The number of the text there." },
  { "find", "tokens: userdata, phrases: userdata, from?: integer, to?: integer", "integer?, integer?, integer?", "The first phrase that stands there: its number, the position, the number of the text." },
  { "places", "tokens: userdata, phrases: userdata, from?: integer, to?: integer", "integer[]?", "The positions at which a phrase begins." },
  { "is", "tokens: userdata, position: integer, phrases: userdata", "boolean", "Whether a phrase begins there." },
  { "alike", "tokens: userdata, strings: integer[], small: userdata, share: number", "integer[]", "For each text how many of them share that much of its words." },
  { "unlike", "tokens: userdata, first: integer, last: integer, small: userdata, share: number", "integer?", "Of texts none of which is like another the newest that says enough, else nil." },
  { "said", "messages: table, role: string, episode?: integer", "table, string[], userdata, boolean, boolean, boolean, boolean", "What one side said: its messages, their texts, the words; whether it may quote, be loud, has scores, has intents." },
  { "turns", "messages: table, count: integer, ms: integer", "integer[]", "Where the newest turns begin in a list of messages, newest first." },
  { "shouting", "s: string", "number, integer, integer", "Share of capitals, letters, and the longest run of \"!\" and \"?\"." },
}
library "regex" {
  { "match", "pattern: string, s: string", "string?, ...", "The captures of a Perl-like expression (PCRE2), or nil." },
  { "test", "pattern: string", "boolean?, string?", "True, or nil and what is wrong with it." },
}
library "time" {
  { "format", "ms: integer", "string", "\"2026-11-21T03:15:01Z\"" },
  { "parse", "s: string", "integer?", "Milliseconds, or nil." },
}
library "digest" { { "hex_sha256", "s: string", "string", "64 hexadecimal digits." } }
library "base64" {
  { "encode", "s: string", "string", "Standard base64." },
  { "decode", "s: string", "string?", "The bytes, or nil." },
}
library "url" {
  { "encode", "s: string", "string", "All but letters, digits and -._~ as %XX." },
  { "query", "t: table", "string", "\"a=1&b=2\", keys sorted; a list repeats its key." },
}
library "json" {
  { "encode", "v: any", "string", "JSON text; integers exact." },
  { "decode", "s: string", "any", "The value of JSON text." },
  { "list", "t: table", "table", "Marks a table as a list, also an empty one." },
  { "null", "", "any", "JSON's null: no function, a value.", value = true },
}

-- --- the rule language ---------------------------------------------------------------------

local C = "usher.Condition"
local function condition(word, params, about) return { word, params, C, about } end

words("rules", {
  { "rule", "name: string", "fun(t: usher.Rule)", "A rule: when it matches, and what then happens. The first that matches decides." },
  { "modifier", "name: string", "fun(t: usher.Modifier)", "Changes what a rule decided that is not final." },
  { "slot", "name: string", "fun(t: table)", "What a rule can ask the customer for: ask, again, pattern, kind or one_of, tries." },
  { "budget", "name: string", "fun(t: table)", "How many hand-overs a team takes: groups, rate and burst, or share, sessions and within; exempt, otherwise." },
  { "incidents", "file: string", nil, "The list of what is broken right now, a line each." },
  { "routing", "rows: usher.Route[]", nil, "The group by intent, tier and language, for rules that name none; the first row that fits." },
  { "default", "t: usher.Default", nil, "Group and priority where nothing else says." },
  { "where", "level?: integer", "string?", "\"file:line\" of the caller at that level." },
  { "require", "name: string", "any", "What another file of the folder returns; while the rules load only." },
  condition("all", "list: (usher.Condition|fun(c: usher.Conversation): any)[]", "Every one of them holds."),
  condition("any", "list: (usher.Condition|fun(c: usher.Conversation): any)[]", "One of them holds."),
  condition("none", "list: (usher.Condition|fun(c: usher.Conversation): any)[]", "None of them holds."),
  condition("says", "phrases: string|string[]", "The customer said one of the phrases in this episode: whole words, any case, any accents."),
  condition("says_now", "phrases: string|string[]", "The same, in the newest customer message only."),
  condition("ai_says", "phrases: string|string[]", "The AI said one of the phrases: a promise somebody has to keep."),
  condition("asks_for_human", "how?: \"vague\"", "The customer asks for a person; \"vague\": also a bare \"agent\" or \"support\"."),
  condition("accepts_human", "", "The AI offered a person, and the customer said yes."),
  condition("matches", "pattern: string", "A Perl-like expression matches a customer message."),
  condition("intent", "names: usher.Intent|usher.Intent[]", "What the conversation is about."),
  condition("confidence_below", "limit: number", "The AI's confidence in the intent, 0 to 1."),
  condition("sentiment_below", "limit: number", "The newest mood, -1 to 1."),
  condition("failed_attempts", "least: integer", "Answers of the AI that did not help, in this episode."),
  condition("turns", "least: integer", "Customer turns of this episode; messages close together are one."),
  condition("repeats", "least: integer", "The same question so many times."),
  condition("frustrated", "points?: number", "Anger in the last three messages, in points; 4 when left out."),
  condition("unresolved", "", "The session ended without an answer that helped."),
  condition("outcome", "names: usher.Outcome|usher.Outcome[]", "How the session ended."),
  condition("review_required", "", "The source wants a human to look."),
  condition("handed_over", "", "A human has it already."),
  condition("requested_by", "ways: string|string[]", "How a hand-over was asked for: \"customer_request\", \"flow\", \"action_node\", \"tool_call\"."),
  condition("event", "names: usher.Event|usher.Event[]", "What the rules were asked for."),
  condition("channel", "names: usher.Channel|usher.Channel[]", "Where the customer writes."),
  condition("source_is", "names: string|string[]", "The configured source."),
  condition("tier", "names: usher.Tier|usher.Tier[]", "The customer's tier."),
  condition("language", "codes: string|string[]", "Two-letter codes: \"de\", \"es\"."),
  condition("mentions", "themes: string|string[]", "The customer writes about \"legal\", \"privacy\", \"chargeback\", \"takeover\", \"press\", \"self_harm\", \"threat\" or \"medical\"."),
  condition("speaks", "tags: string|string[]", "The language of the last customer messages, by vote: \"es\", \"pt-BR\"."),
  condition("thanks", "", "The newest customer message says thanks."),
  condition("falling", "drop: number, turns?: integer", "The mood fell by so much over so many turns."),
  condition("mood_below", "limit: number", "The newest mood, -1 to 1, by the source's score or else by the words."),
  condition("mood_falls", "drop: number, turns?: integer", "As falling, by the source's scores or else by the words."),
  condition("complexity", "least: number", "How much there is to the case, 0 to 1: words, turns, intents, things named."),
  condition("automatic", "", "A machine wrote it: an out-of-office reply, a bounce."),
  condition("empty_opening", "", "The first message holds no words."),
  condition("incident", "", "A known incident fits: one of those that incidents \"file.txt\" lists. Its texts are {incident.title} and the like."),
  condition("decided", "t: table", "In a modifier: what was decided so far: decided { group = \"billing\" }."),
  condition("group_lacks_language", "", "In a modifier: the group so far has languages, and the customer's is none of them."),
  condition("silent", "span: string", "Nobody has said anything for so long."),
  condition("offered", "rule_name?: string", "An offer was made in this episode (that of the rule, when one is named)."),
  condition("on", "days: string|table", "The day where the team is: \"saturday\", \"weekend\", \"holiday\", \"2026-12-24\", \"12-24\"."),
  condition("sla_left_below", "span: string", "Less than so much is left of the time that the AI may try for this customer's tier."),
  { "amount", "t: table", "usher.Value", "An amount in one currency: amount { field = ..., currency = ..., table = ... } :at_least(500)" },
  { "list", "file: string", "string[]", "The lines of a text file beside the rules." },
  condition("open", "calendar: usher.Calendar", "The calendar is open now."),
  condition("closed", "calendar: usher.Calendar", "The calendar is closed now."),
  condition("available", "group: usher.Group", "Somebody said of the group that it is there, and it is not full."),
  condition("unavailable", "group: usher.Group", "Somebody said of the group that it is offline or full."),
  { "field", "name: usher.Field", "usher.Value", "A field of the conversation, to compare: field \"order_value\" :at_least(500)" },
  { "attribute", "name: string", "usher.Value", "An attribute of the conversation, to compare." },
})

class("rules", "usher.Condition", "What a condition word gives.", {})
class("rules", "usher.Value", "Something to compare; each method gives a condition.", {
  { "at_least", "fun(self: usher.Value, limit: number): usher.Condition", "The number is the limit or more." },
  { "at_most", "fun(self: usher.Value, limit: number): usher.Condition", "The number is the limit or less." },
  { "is", "fun(self: usher.Value, wanted: any): usher.Condition", "It is exactly this." },
  { "one_of", "fun(self: usher.Value, list: any[]): usher.Condition", "It is one of these." },
  { "present", "fun(self: usher.Value): usher.Condition", "There is one." },
  { "missing", "fun(self: usher.Value): usher.Condition", "There is none." },
  { "matches", "fun(self: usher.Value, pattern: string): usher.Condition", "A Perl-like expression matches." },
})
class("rules", "usher.Rule", "What stands in rule \"name\" { ... }.", {
  { "owner", "string?", "The team that answers for the rule." },
  { "description", "string?", "For people." },
  { "when", "usher.Condition|fun(c: usher.Conversation): any", "When it matches." },
  { "collect", "string[]?", "Fields to ask the customer for first." },
  { "wait", "string|table?", "\"10m\", \"4 business hours\": so long the AI may still help." },
  { "final", "boolean?", "No modifier, wait or budget changes it." },
  { "risk", "usher.Risk?", "High risk stands first and is final." },
  { "escalate", "usher.Effect?", "Hand over to a human." },
  { "offer", "usher.Effect|true?", "Offer a human." },
  { "inform", "usher.Effect|true?", "Tell the customer something." },
  { "notify", "usher.Effect|true?", "Tell somebody in the house." },
  { "append", "usher.Effect?", "Hand over into a ticket there is." },
  { "link", "usher.Effect?", "Count it with an incident's ticket; the AI goes on." },
  { "ignore", "usher.Effect|true?", "Nothing, and say so." },
  { "keep", "usher.Effect|true?", "The AI goes on." },
})
class("rules", "usher.Effect", "What happens; texts may hold {paths}, and a function may work a value out.", {
  { "reason", "string|fun(c: usher.Conversation): string?", "Why a human must take over: a short word for reports." },
  { "reasons", "table?", "More reasons." },
  { "group", "usher.Group|fun(c: usher.Conversation): string?", "Who gets it; else by routing, else the default." },
  { "assignee", "string?", "A person, by address." },
  { "priority", "usher.Priority|fun(c: usher.Conversation): string?", "How urgent it is." },
  { "subject", "string?", "The ticket's subject." },
  { "tags", "usher.Tag[]?", "Besides those of the engine." },
  { "fields", "table?", "Fields of the ticket." },
  { "skills", "string[]?", "What the human must be able to do." },
  { "helpdesk", "usher.Helpdesk?", "Which helpdesk; else the default." },
  { "as", "\"ticket\"|\"conversation\"?", "What it becomes there." },
  { "need", "usher.Need?", "What is wanted of the human." },
  { "next_step", "string?", "What the human does first." },
  { "summary", "string?", "In place of the first question." },
  { "message", "string|false?", "For the customer; false: say nothing." },
  { "transcript", "\"full\"|\"last_n\"|\"since_topic\"|\"restricted\"?", "How much of the conversation goes along." },
  { "transcript_n", "integer?", "For last_n." },
  { "timing", "\"immediate\"|\"wait\"|\"sla\"|\"next_open\"|\"at\"?", "When it happens." },
  { "append_to", "string?", "The ticket there is that it goes on in." },
  { "link_to", "string?", "The ticket it belongs with: an incident's." },
  { "notifiers", "string[]?", "Who is told besides: notifiers of the configuration." },
  { "actions", "table?", "What else the helpdesk does." },
  { "cancel_on", "string[]?", "Events that end a wait." },
  { "risk", "usher.Risk?", "As of the rule." },
})
class("rules", "usher.Modifier", "What stands in modifier \"name\" { ... }.", {
  { "owner", "string?", "The team that answers for it." },
  { "description", "string?", "For people." },
  { "when", "usher.Condition|fun(c: usher.Conversation): any", "When it applies." },
  { "change", "usher.Effect", "What it sets." },
})
class("rules", "usher.Route", "A row of routing { ... }.", {
  { "intent", "usher.Intent|usher.Intent[]?", "" }, { "tier", "usher.Tier|usher.Tier[]?", "" },
  { "language", "string|string[]?", "" }, { "group", "usher.Group", "" },
})
class("rules", "usher.Default", "default { ... }", {
  { "group", "usher.Group?", "" }, { "priority", "usher.Priority?", "" },
})
class("rules", "usher.Conversation", "What a function sees.", {
  { "id", "string", "" }, { "source", "string", "" }, { "channel", "string?", "" }, { "language", "string?", "" },
  { "messages", "table[]", "role, text, seq, at_ms, ..." }, { "customer", "table?", "name, email, tier, ..." },
  { "intent", "table?", "name, title, confidence" }, { "sentiment", "table?", "score" }, { "ai", "table", "failed_attempts, ..." },
  { "fields", "table", "" }, { "attributes", "table", "" }, { "turn_count", "integer", "" }, { "outcome", "string", "" },
  { "first_question", "string?", "" }, { "episode", "integer", "" }, { "handoff", "table?", "via, reason, actor" },
})

-- --- words for tests --------------------------------------------------------------------------

local message = "message: string|table"
words("rules", {
  { "test", "name: string", "fun(t: usher.Test)", "One case: a conversation, and what is expected." },
  { "cases", "title: string", "fun(rows: table[])", "A table of cases: { \"name\", conversation, expect }" },
  { "conversation", "t: table", "usher.TestConversation", "Messages in order, and fields, intent, tier, channel, ..." },
  { "recording", "name: string", "usher.TestConversation", "A recorded conversation that stands beside the test." },
  { "customer", message, "table", "A message of the customer." },
  { "ai", message, "table", "A message of the AI." },
  { "agent", message, "table", "A message of a human." },
  { "system", message, "table", "A message of the system." },
  { "absent", "have: any", "boolean", "expect = { append_to = absent }: the decision has no such member." },
  { "lacks", "what: string|string[]", "fun(have: any): boolean", "expect = { tags = lacks \"refund\" }: nothing of this is in it." },
})
class("rules", "usher.TestConversation", "A conversation of a test.", {
  { "with", "fun(self: usher.TestConversation, changes: table): usher.TestConversation", "The same with other members." },
})
class("rules", "usher.Test", "What stands in test \"name\" { ... }.", {
  { "given", "usher.TestConversation", "" }, { "expect", "table", "Members of the decision; what is not named does not matter." },
  { "event", "usher.Event?", "message.created when left out" }, { "now", "string?", "\"2026-12-24T17:59:00Z\"" },
  { "groups", "table<usher.Group, \"available\"|\"full\"|\"offline\">?", "Which teams can take something: groups = { billing = \"offline\" }" },
})

-- --- adapters ------------------------------------------------------------------------------------

words("adapters", {
  { "source", "t: table", "table", "Describes a chat: how a request is proved, and how its events are read." },
  { "helpdesk", "t: table", "table", "Describes a helpdesk: the steps to a ticket, and how it is found again." },
  { "notifier", "t: table", "table", "Describes where notices go." },
  { "basic", "user: string, password: string", "table", "HTTP basic authentication." },
  { "bearer", "token: string", "table", "A bearer token." },
  { "header", "name: string, value: string", "table", "A secret in a header field." },
  { "standard_webhooks", "secret: string", "table", "Signed as Standard Webhooks do it." },
  { "unsigned", "", "table", "No proof." },
  { "first_of", "list: table[]", "table", "The first whose places the configuration fills." },
  { "done", "with?: table", "table", "Applied: { id, display_id, url, saved, there }; from a build: nothing is to be sent." },
  { "retry", "after_s?: number", "table", "Certainly not applied; try again." },
  { "refused", "why: string", "table", "Certainly not applied, and never will be." },
  { "auth", "why: string", "table", "The credentials are not taken." },
  { "unknown", "why: string", "table", "Perhaps applied: it is looked up before it is sent again." },
  { "missing", "", "table", "What was looked for is not there." },
  { "again", "with?: table", "table", "Build once more, with this saved; from a find: look further." },
  { "found", "with: table", "table", "{ ids (oldest first), url, saved }" },
  { "mail", "with: table", "table", "A mail instead of a request: { to, subject, text }" },
  { "reject", "format: string, ...", nil, "Ends read: the sender gets the text with a 422." },
  { "where", "level?: integer", "string?", "\"file:line\" of the caller at that level." },
  { "require", "name: string", "any", "A file of the same set; while it loads only." },
})

-- Their helpers: name and parameters are enough; the files say the rest.
local function helpers(name, about, list)
  local rows = {}
  for word, params in list:gmatch("([%w_]+)%(([^)]*)%)") do
    local typed = params:gsub("[%w_]+", "%0: any")
    rows[#rows + 1] = { word, typed, "any", about }
  end
  schema.libraries[#schema.libraries + 1] = { name = name, scope = "adapters", rows = rows }
end
helpers("take", "Takes a value if it is one, else nil.", [[ clip(s, n) map(v) text(v) articles(list) line(v, n) id(v, n) digits(v) integer(v)
  number(v, low, high) bool(v) at(v, path) ms(v) language(v) email(v) json(v) kept(v) rest(attributes, map, known)
  some(map) host(url) has(list, wanted) shown(v) automatic(headers) escape_html(s) ]])
helpers("want", "Takes a member, or refuses the event and names its path.", [[ text(map, key, path, max)
  line(map, key, path, max) id(map, key, path) map(map, key, path) list(map, key, path)
  number(map, key, path, low, high) count(map, key, path) bool(map, key, path) time(map, key, path)
  language(map, key, path) word(map, key, path, words, shown) sentiment(map, key, path) confidence(map, key, path)
  feedback(map, key, path) ]])
helpers("chat", "Reads lists of chat messages.", [[ files(list, path) read(list, given) answer(answer, path) ]])
helpers("ticket", "What helpdesks have in common.", [[ value(t, name) skills(t) labels(t, cfg) added(t) subject(t, max)
  opening(t, max) named_fields(t, fields) merged(saved, more) in_turn(requests, saved, finished)
  next_turn(requests, saved, finished) priority(t, cfg, own) complaint(response) fine(response) home(t, cfg, adapter)
  status(native, cfg, own) mark(key) sort_ids(ids) ]])

-- --- usher.conf.lua ------------------------------------------------------------------------------

local function setting(word, params, about) return { word, params, nil, about } end
words("config", {
  { "secret", "what: string|table", "table", "From a credential file or the environment; { file = \"path\" }: from that file." },
  setting("listen", "what: string|table", "Where chats post their messages."),
  setting("admin", "what: table", "The admin socket, and an address with a token."),
  setting("store", "what: string|table", "The database's file."),
  setting("policy", "what: string|table", "The folder of the rules; and how changed ones come into force."),
  setting("tenant", "name: string", "The name that stands on every row."),
  setting("adapters", "folder: string", "A folder of adapters of your own."),
  setting("default_group", "name: string", "Where a ticket goes when nothing else says."),
  setting("default_helpdesk", "name: string", "Which helpdesk when nothing else says."),
  setting("response_time", "text: string", "The standard promise: \"within 4 hours\"."),
  setting("workers", "n: integer", "Worker processes."),
  { "source", "name: string", "fun(settings: table)", "A chat; the adapter says which settings it has." },
  { "helpdesk", "name: string", "fun(settings: table)", "A helpdesk." },
  { "notifier", "name: string", "fun(settings: table)", "Where notices go." },
  setting("groups", "list: table", "The groups there are: names, or name = { ids, calendar, languages, expected_wait, fallback, skills, unassigned_after, then_group }"),
  setting("tickets", "what: table", "How tickets are followed: follow, reopen_within, unassigned_after, then_group."),
  setting("routing", "rows: table[]", "The group by intent, tier and language."),
  setting("priorities", "by_reason: table<string, string>", "The priority of a reason."),
  setting("origin_tags", "tags: string[]", "Tags of every ticket."),
  setting("tags", "list: string[]", "The tags there are."),
  setting("fields", "list: table", "The fields there are."),
  setting("intents", "list: table", "The intents there are."),
  setting("tiers", "list: table", "The tiers there are."),
  setting("sla", "spans: table<string, string>", "By when a human answers, by priority."),
  setting("redact", "what: table<string, boolean>", "What is taken out before anything is stored."),
  setting("limits", "what: table", "Limits of script calls."),
  { "calendar", "name: string", "fun(settings: table)", "Opening hours." },
  { "where", "level?: integer", "string?", "\"file:line\" of the caller at that level." },
  { "require", "name: string", "any", "A file of the same set; while it loads only." },
})

-- Words with a fixed list of values.
schema.enums = {
  ["usher.Priority"] = { "low", "normal", "high", "urgent" },
  ["usher.Risk"] = { "low", "medium", "high" },
  ["usher.Need"] = { "judgment", "approval", "follow_up", "investigate", "reply", "callback" },
}

-- What is wrong with the description of a scope, given its globals.
function author.drift(scope, globals, internal)
  local known, wrong = {}, {}
  local function expect(name) known[name] = true if globals[name] == nil then wrong[#wrong + 1] = name .. " is described and not there" end end
  local function members(name, list)
    local set = {}
    expect(name)
    for _, member in ipairs(list) do
      set[member] = true
      if type(globals[name]) == "table" and globals[name][member] == nil then
        wrong[#wrong + 1] = name .. "." .. member .. " is described and not there"
      end
    end
    for member in pairs(type(globals[name]) == "table" and globals[name] or {}) do
      if not set[member] then wrong[#wrong + 1] = name .. "." .. tostring(member) .. " is there and not described" end
    end
  end
  for _, name in ipairs(schema.lua) do expect(name) end
  for name, list in pairs(schema.stock) do members(name, list) end
  for _, lib in ipairs(schema.libraries) do
    if not lib.scope or lib.scope == scope then
      local list = {}
      for i, row in ipairs(lib.rows) do list[i] = row[1] end
      members(lib.name, list)
    end
  end
  for _, row in ipairs(schema.scopes[scope]) do expect(row[1]) end
  for _, name in ipairs(internal) do known[name] = true end
  for name in pairs(globals) do if not known[name] then wrong[#wrong + 1] = name .. " is there and not described" end end
  return wrong
end
