# The words for modifiers, silence and known incidents: what they find, what
# they refuse at load, and what explain shows.
. "$(dirname "$0")/lib.sh"
mkdir "$work/p"
refused() { # LINE WORDS
    printf -- '-- a rule\n%s\n' "$1" >"$work/p/a.lua"
    code 3 "$USHER" check --policy "$work/p"; has "a.lua:2: " err; has "$2" err
}
printf 'a1 | words x\n' >"$work/p/fine.txt"
printf 'a1 | region eu\n' >"$work/p/unknown.txt"
printf 'Card payments | words x\n' >"$work/p/no-id.txt"
printf 'a1 | words x | closing\n' >"$work/p/no-part.txt"
refused 'rule "a" { when = silent "15 minutes", keep = true }' "a time is written"
refused 'rule "a" { when = silent(), keep = true }' "a time is written"
refused 'modifier "a" { when = decided { priorty = "urgent" }, change = {} }' "(did you mean 'priority'?)"
refused 'modifier "a" { when = decided {}, change = {} }' "decided { ... } is empty"
refused 'modifier "a" { when = decided { group = 7 }, change = {} }' "a text in quotes expected"
refused 'rule "a" { when = incident(), keep = true }' 'needs incidents "incidents.txt" before it'
refused 'incidents "incidents"' "a .txt file beside the rules"
refused 'incidents "unknown.txt"' "incident a1 needs intent or words"
refused 'incidents "no-id.txt"' "begins with its id"
refused 'incidents "no-part.txt"' "'closing' is no part"
refused 'incidents "fine.txt" incidents "fine.txt"' "is declared twice; the first time at"
ok "silent, decided, incidents: mistakes are found at load, with the line"

cat >"$work/p/a.lua" <<'L'
incidents "list.txt"
rule "told" { when = all { says "help", none { decided { action = "keep" } } }, escalate = { reason = "x", next_step = "See {incident.title}.", group = "one" } }
rule "quiet" { when = silent "15m", escalate = { reason = "quiet", next_step = "Ask." } }
modifier "linked" { when = incident(), change = { link_to = "{incident.ticket}" } }
modifier "first"  { when = decided { group = { "one", "two" }, priority = "normal" }, change = { group = "two", priority = "high" } }
modifier "second" { when = decided { group = "two", priority = "high", reason = "x", action = "escalate", rule = "told" },
                    change = { summary = function(c, d) return d.group .. " " .. d.priority .. " " .. #c.messages end } }
modifier "third"  { when = decided { group = "one" }, change = { priority = "low" } }
L
printf '\357\273\277# comment\n\nb1 | words Café au lait, other | plan pro, Team | ticket T-1 | title Coffee\nb2 | words café au lait | plan pro | region eu | ticket T-2\nb3 | words café au lait | plan pro | region eu | seats 5 | ticket T-3 | closed\n' >"$work/p/list.txt"
cat >"$work/p/a_test.lua" <<'L'
local function said(text, attributes, fields) return conversation { customer(text), attributes = attributes, fields = fields } end
cases "modifiers" {
  { "see what those before them made of it", said "help", { group = "two", group_from = "modifier", priority = "high", priority_from = "modifier", summary = "two high 1" } },
}
cases "incidents" {
  { "words and an attribute", said("help, CAFE AU LAIT", { plan = "TEAM" }), { link_to = "T-1" } },
  { "or a field", said("help, other", nil, { plan = "pro" }), { link_to = "T-1" } },
  { "the one that fits best", said("help, café au lait", { plan = "pro", region = "eu", seats = 5 }), { link_to = "T-2" } },
  { "what differs rules it out", said("help, café au lait", { plan = "pro", region = "us" }), { link_to = "T-1" } },
}
local function at(minute) return "2026-11-16T10:" .. minute .. ":00Z" end
local function quiet(...) return conversation { customer { "hm", at = at "00" }, ... } end
local function silence(name, given, now, expect) test("silence: " .. name) { given = given, now = now, event = "timer.fired", expect = expect } end
silence("15 minutes", quiet(ai { "so", at = at "01" }), at "15", { action = "escalate", reason = "quiet" })
silence("14 minutes", quiet(ai { "so", at = at "01" }), at "14", { action = "keep" })
silence("not answered", quiet(), at "15", { action = "keep" })
silence("answered before", conversation { ai { "so", at = at "00" }, customer { "hm", at = at "01" } }, at "30", { action = "keep" })
L
code 0 "$USHER" test "$work/p"
ok "silent, decided, incidents: $(tail -n 1 "$work/err" | sed 's/.*: //')"

# What one signal alone is worth, and a rule that asks what nothing decided yet.
echo '{"id":"a","source":"x","messages":[{"role":"customer","text":"help with a café au lait"}]}' >"$work/a.jsonl"
code 0 "$USHER" decide --policy "$work/p" --json "$work/a.jsonl"
[ "$(jq -r '.link_to // "none"' "$work/out")" = none ] || fail "one signal is enough for an incident"
code 0 "$USHER" explain --policy "$work/p" --json "$work/a.jsonl"
jq -e '[.. | objects | select(.expr? == "decided { action = keep }") | .missing] == [true]' "$work/out" >/dev/null ||
    { cat "$work/out" >&2; fail "a rule asks what is decided"; }
ok "one signal is no incident; for a rule nothing is decided yet"
