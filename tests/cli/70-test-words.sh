# usher test: the words that tests are written with, and how a failure is told.
# S143 S145 N11
. "$(dirname "$0")/lib.sh"
mkdir "$work/rules"
cat >"$work/rules/10-rules.lua" <<'L'
rule "a person" {
  when     = says { "person" },
  escalate = { reason = "customer_request", group = "support", next_step = "Reply.", tags = { "asked" } },
}
rule "stuck" {
  when     = all { says { "stuck" }, none { says { "thanks" } } },
  wait     = "10m",
  escalate = { reason = "ai_unresolved", priority = "high", next_step = "Answer: {first_question}" },
}
rule "patient" {
  when     = says { "patient" },
  wait     = "1h",
  escalate = { reason = "patience", next_step = "Answer.", cancel_on = { "takeover" } },
}
rule "person again" { when = says { "person" }, keep = true }
L
cat >"$work/rules/night.json" <<'J'
{"id":"n","outcome":"escalated","handoff_id":"H1","messages":[{"role":"customer","text":"I am stuck","at":"2026-03-02T22:00:00Z"},
{"role":"ai","text":"Try again","at":"2026-03-02T22:01:00Z"},{"role":"customer","text":"a person please","at":"2026-03-02T22:30:00Z"}]}
J
# holds NAME LUA: a file of tests that all pass
holds() {
    printf '%s\n' "$2" >"$work/rules/x_test.lua"
    code 0 "$USHER" test "$work/rules"
    ok "$1"
}
# differs NAME LUA WORDS: a test that fails, and says so
differs() {
    printf '%s\n' "$2" >"$work/rules/x_test.lua"
    code 1 "$USHER" test "$work/rules"; has "$3" out
    ok "$1"
}
# refused NAME LUA WORDS: a file of tests that is wrong in itself
refused() {
    printf '%s\n' "$2" >"$work/rules/x_test.lua"
    code 3 "$USHER" test "$work/rules"; has "x_test.lua:" err; has "$3" err
    ok "$1"
}

holds 'members, lists that contain, patterns, functions' '
local asked = conversation { customer "a person please" }
test "members"  { given = asked, expect = { action = "escalate", tags = { "asked" }, group_from = "rule" } }
test "patterns" { given = asked, expect = { subject = { matches = "^.AI. a person" }, next_step = function(s) return #s == 6 end } }
test "function" { given = asked, expect = function(d) return d.action == "escalate" and #d.evidence == 1 end }
test "because"  { given = asked, expect = { because = "says { \"person\" }" } }
test "not by"   { given = asked, expect = { not_rule = "stuck", would = { "person again" } } }
test "nothing"  { given = conversation { customer "hello" }, expect = "nothing" }'
holds 'what must not be there: absent, lacks' '
local asked = conversation { customer "a person please" }
test "no such member"  { given = asked, expect = { priority = "normal", append_to = absent } }
test "not in the list" { given = asked, expect = { tags = lacks "vip", group = lacks { "billing", "tier2" } } }
test "no list at all"  { given = conversation { customer "hello" }, expect = { tags = lacks "asked", rule = absent } }'
differs 'absent: what is there is shown' 'test "t" { given = conversation { customer "a person" }, expect = { group = absent } }' \
    'group: expected nothing'
differs 'lacks: and what should not be' 'test "t" { given = conversation { customer "a person" }, expect = { tags = lacks { "vip", "asked" } } }' \
    'tags: expected none of vip, asked'
refused 'lacks: of what?' 'test "t" { given = conversation { customer "x" }, expect = { tags = lacks {} } }' 'is empty'
differs 'because: what held is shown' 'test "t" { given = conversation { customer "a person" }, expect = { because = "frustrated" } }' \
    'got says { "person" }'
differs 'nothing: what would have happened counts' 'test "t" { given = conversation { customer "I am patient" }, expect = "nothing" }' \
    'action: expected nothing happens'
differs 'not_rule' 'test "t" { given = conversation { customer "a person" }, expect = { not_rule = "a person" } }' \
    'not_rule: expected another rule than a person'
differs 'a pattern that does not match' 'test "t" { given = conversation { customer "a person" }, expect = { subject = { matches = "^Refund" } } }' \
    'expected a match of ^Refund'
differs 'a function may say why not' 'test "t" { given = conversation { customer "a person" }, expect = function(d) return d.group == "x", "group x" end }' \
    'expected group x'
refused 'a member that no decision has' 'test "t" { given = conversation { customer "x" }, expect = { grup = "x" } }' "did you mean 'group'"
refused 'not_rule: a rule that there is not' 'test "t" { given = conversation { customer "x" }, expect = { not_rule = "stuk" } }' "did you mean 'stuck'"
refused 'a pattern that is none' 'test "t" { given = conversation { customer "x" }, expect = { subject = { matches = "(" } } }' 'matches'
refused 'an expectation of nothing at all' 'test "t" { given = conversation { customer "x" }, expect = {} }' 'holds for anything'

holds 'a recording, some of it, with changes' '
test "all"   { given = recording "night.json", expect = { action = "escalate" } }
test "some"  { given = recording("night.json"):upto(2), expect = { action = "wait" } }
test "other" { given = recording("night.json"):upto(2):with { customer "thanks, it works" }, expect = "nothing" }
test "field" { given = recording("night.json"):with { tier = "vip" }, expect = function(d) return d.handoff == nil end }'
refused 'a recording that is not there' 'test "t" { given = recording "nigth.json", expect = "nothing" }' "did you mean 'night.json'"
refused 'more messages than there are' 'test "t" { given = recording("night.json"):upto(4), expect = "nothing" }' 'there are 3 messages'

# --- time ---
holds 'S130 it waits, and acts when its time has come' '
local stuck = conversation { customer "I am stuck" }
test "the short form" { given = stuck, at = { "10:00", "10:09" }, expect = { action = "wait", wait_s = 600 },
  then_at = "10:10", then_expect = { action = "escalate", reason = "ai_unresolved", priority = "high" } }
test "not a second early" { given = stuck, at = { "10:00", "10:09:59" }, expect = { action = "wait" } }
test "steps" { given = stuck, steps = {
  { at = "10:00", expect = { action = "wait" } },
  { advance = "9m", expect = "nothing" },
  { advance = "1m", expect = { action = "escalate" } },
  { advance = "1m", customer "hello?", expect = { action = "append" } },
} }'
holds 'S130 what ends a wait' '
test "a message, which begins another" { steps = {
  { at = "10:00", customer "I am stuck", expect = { action = "wait" } },
  { at = "10:05", customer "hello?", expect = { action = "wait" } },
  { at = "10:10", expect = "nothing" },
  { at = "10:15", expect = { action = "escalate" } },
} }
test "thanks" { steps = {
  { at = "10:00", customer "I am stuck" },
  { at = "10:05", customer "thanks", expect = "nothing" },
  { at = "12:00", expect = "nothing" },
} }
test "resolved" { steps = {
  { at = "10:00", customer "I am stuck" },
  { at = "10:05", event = "session.ended", outcome = "resolved_confirmed" },
  { at = "10:10", expect = "nothing" },
} }
test "a human, but no message: cancel_on" { steps = {
  { at = "10:00", customer "I am patient", expect = { action = "wait" } },
  { at = "10:30", customer "still there" },
  { at = "10:59:59", expect = "nothing" },
  { at = "11:00", expect = { reason = "patience" } },
} }
test "cancelled by a human" { steps = {
  { at = "10:00", customer "I am patient" },
  { at = "10:30", agent "I am here" },
  { at = "12:00", expect = "nothing" },
} }'
holds 'a recording with its own times, a day of the week, signals' '
test "as it happened" { given = recording("night.json"):upto(2), at = "2026-03-02T22:09:59Z", expect = { action = "wait" },
  then_at = "2026-03-02T22:10:00Z", then_expect = { action = "escalate", rule = "stuck" } }
test "over night" { steps = {
  { at = "Fri 23:55", customer "I am stuck", fields = { order = "1" }, expect = { action = "wait" } },
  { advance = "10m", expect = { action = "escalate" } } } }'
differs 'the moment that failed is named' 'test "t" { given = conversation { customer "I am stuck" }, at = "10:00", expect = { action = "wait" },
  then_at = "10:09", then_expect = { action = "escalate" } }' 'at 10:09 action: expected escalate'
refused 'a clock that goes back' 'test "t" { given = conversation { customer "x" }, at = { "10:00", "09:00" }, expect = "nothing" }' 'lies before'
refused 'a time that is none' 'test "t" { given = conversation { customer "x" }, at = "25:00", expect = "nothing" }' "not '25:00'"
refused 'a step with a slip' 'test "t" { steps = { { att = "10:00", expect = "nothing" } } }' "did you mean 'at'"
refused 'steps that expect nothing' 'test "t" { steps = { { at = "10:00", customer "x" } } }' 'expects nothing'
rm "$work/rules/x_test.lua"

# Recordings that are decided: the same clock.
cat >"$work/waits.jsonl" <<'J'
{"id":"long","messages":[{"role":"customer","text":"I am stuck","at":"2026-03-02T10:00:00Z"},{"role":"ai","text":"Wait","at":"2026-03-02T10:01:00Z"},{"role":"customer","text":"thanks","at":"2026-03-02T10:10:00Z"}]}
{"id":"short","messages":[{"role":"customer","text":"I am stuck","at":"2026-03-02T10:00:00Z"},{"role":"customer","text":"thanks","at":"2026-03-02T10:09:59Z"}]}
{"id":"end","messages":[{"role":"customer","text":"I am stuck","at":"2026-03-02T10:00:00Z"}]}
{"id":"runs","state":"waiting","messages":[{"role":"customer","text":"I am stuck","at":"2026-03-02T10:00:00Z"}]}
J
code 0 "$USHER" decide --policy "$work/rules" --json "$work/waits.jsonl"
[ "$(jq -r '[.id, .action, .at_message] | @text' "$work/out" | tr -d '"' | tr '\n' ' ')" = \
    '[long,escalate,2] [short,keep,2] [end,escalate,1] [runs,wait,1] ' ] || { cat "$work/out" >&2; fail 'S130 decide and the clock'; }
ok 'S130 decide: a wait comes at its time, unless something ends it'
printf 'rule "a" { when = all { says "x", function(c) return not c.waiting or c.waiting.rule ~= "a" end }, wait = "1s", escalate = { reason = "a", next_step = "b" } }
rule "b" { when = says "x", wait = "1s", escalate = { reason = "a", next_step = "b" } }\n' >"$work/rules/20-round.lua"
echo '{"id":"r","messages":[{"role":"customer","text":"x","at":"2026-03-02T10:00:00Z"}]}' >"$work/round.jsonl"
code 1 "$USHER" decide --policy "$work/rules" --json "$work/round.jsonl"; has 'wait for each other without end' err
ok 'rules that wait for each other come to an end'
