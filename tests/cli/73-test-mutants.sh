# usher test --mutate: the tests notice each small change, or it is named.
# S145 N11 N23
. "$(dirname "$0")/lib.sh"
mkdir "$work/rules"
cd "$work"
cat >rules/a.lua <<'L'
rule "refund" {
  when = all {
    says { "refund", "money back" },
    field "value" :at_least(500),
    none { intent { "joke", "praise" } },
  },
  escalate = { reason = "refund", group = "billing", priority = "high", next_step = "Look." },
}
rule "unsure" {
  when     = any { confidence_below(0.55), failed_attempts(3) },
  wait     = "5m",
  escalate = { reason = "unsure", next_step = "Look." },
}
modifier "vip" { when = tier { "vip" }, change = { priority = "urgent" } }
L
cat >rules/a_test.lua <<'L'
local function of(value) return conversation { customer "a refund", fields = { value = value } } end
local refund = { action = "escalate", reason = "refund", group = "billing", priority = "high" }
test "at the limit" { given = of(500), expect = refund }
test "under it" { given = of(499), expect = "nothing" }
test "far under it" { given = of(20), expect = "nothing" }
test "other words" { given = conversation { customer "money back!", fields = { value = 501 } }, expect = refund }
test "no such words" { given = conversation { customer "hello", fields = { value = 900 } }, expect = "nothing" }
test "a joke" { given = of(900):with { intent = "joke" }, expect = "nothing" }
test "praise" { given = of(900):with { intent = "praise" }, expect = "nothing" }
test "vip" { given = of(600):with { tier = "vip" }, expect = { priority = "urgent" } }
local function sure(n) return conversation { customer "hm", intent = { name = "x", confidence = n } } end
test "sure" { given = sure(0.55), expect = "nothing" }
test "nearly sure" { given = sure(0.54), expect = { action = "wait", reason = "unsure" } }
test "quite unsure" { given = sure(0.2), expect = { action = "wait", reason = "unsure" } }
test "three" { given = conversation { customer "hm", failed_attempts = 3 }, at = "10:00", expect = { action = "wait" },
  then_at = "10:05", then_expect = { action = "escalate", rule = "unsure" } }
test "two" { given = conversation { customer "hm", failed_attempts = 2 }, expect = "nothing" }
L
cp rules/a_test.lua whole
survivors() { grep -c 'no test notices' out || :; }
# What the language adds to a condition is no mutant: nobody wrote it.
mkdir promised
cat >promised/a.lua <<'L'
rule "in time" { when = says "late", escalate = { reason = "sla_risk", timing = "sla", group = "a", priority = "high", next_step = "Look." } }
L
cat >promised/a_test.lua <<'L'
test "nothing is promised" { given = conversation { customer "late" }, expect = "nothing" }
L
code 0 "$USHER" test promised --mutate
grep -q 'timing = "sla" was dropped' out && fail 'a condition that nobody wrote is a mutant'
ok 'S145 what the language adds by itself is no mutant'
# only NAME WORDS: without that test just one change is not noticed
only() {
    grep -vF "test \"$1\"" whole >rules/a_test.lua
    code 1 "$USHER" test rules --mutate --min 100
    [ "$(survivors)" = 1 ] || { grep 'no test' out >&2; fail "without \"$1\": $(survivors) survive"; }
    has "$2" out
}
code 0 "$USHER" test rules --mutate --min 100; has 'mutation: 100 % (' out
sed -n 's/^mutation: 100 % (\([0-9]*\) of .*/\1/p' out >all
[ "$(cat all)" = 30 ] || fail "$(cat all) mutants, 30 are known"
ok 'S145 tests that notice everything: 100 %'
only 'under it' 'rules/a.lua:4: no test notices: field "value": >= 500 became >= 499 (rule "refund")'
only 'at the limit' 'rules/a.lua:4: no test notices: field "value": >= 500 became > 500 (rule "refund")'
only 'nearly sure' 'rules/a.lua:10: no test notices: confidence_below(0.55): < 0.55 became < 0.54 (rule "unsure")'
only 'other words' 'rules/a.lua:3: no test notices: says { "refund", "money back" }: without "money back" (rule "refund")'
only 'praise' 'rules/a.lua:5: no test notices: intent { "joke", "praise" }: without "praise" (rule "refund")'
only 'two' 'rules/a.lua:10: no test notices: failed_attempts(3): >= 3 became >= 2 (rule "unsure")'
ok 'S145 N23 one test less: just the change that it noticed is named, with its line'

head -n 4 whole | sed 's/, group = "billing", priority = "high"//' >rules/a_test.lua
code 1 "$USHER" test rules --mutate --min 90
for words in 'group billing became another-group' 'priority high became low' 'all: none was dropped' \
    'the wait was dropped' 'became twice as long' 'the modifier was dropped' \
    'any became all' 'the rule was dropped (rule "unsure")' 'escalate became keep (rule "unsure")'; do
    has "$words" out
done
has '--min wants 90 %' err
mv out first; code 0 "$USHER" test rules --mutate; cmp -s first out || fail 'two runs differ'
code 0 "$USHER" test rules --mutate --format json
jq -e '.mutation | .tried == 30 and .not_tried == 0 and (.lives | length) == .tried - .noticed and .lives[0].where == "rules/a.lua:3"' out >/dev/null || { cat out >&2; fail json; }
ok 'S145 groups, priorities, actions, waits, modifiers; the same at each run, in every format'
cp whole rules/a_test.lua
code 0 "$USHER" test rules --mutate --seconds 0; has 'mutation: 30 more could not be tried to the end within 0 s' out
ok 'S145 the time is bounded, and what was left out is told'

# What cannot be seen is no mutant, and what is no number of its own is counted:
# points go by halves (none between 3.5 and 4), a none in an all is dropped once,
# incidents are two points.
mkdir more
echo 'pay | title Payments | words payment failed | region eu' >more/incidents.txt
cat >more/a.lua <<'L'
incidents "incidents.txt"
rule "angry" { when = all { frustrated(4), none { tier "vip" } }, escalate = { reason = "angry", next_step = "Look." } }
rule "halves" { when = frustrated(9, { anger = 0.25 }), escalate = { reason = "x", next_step = "y" } }
rule "alone" { when = none { channel "web" }, keep = true }
rule "known" { when = incident(), keep = true }
L
echo 'test "hm" { given = conversation { customer "hm" }, expect = "nothing" }' >more/a_test.lua
code 0 "$USHER" test more --mutate
has 'frustrated(4): >= 4 became >= 3.5 (' out; has 'frustrated(9, { anger = 0.25 }): >= 9 became >= 8.75 (' out
[ "$(grep -c ': none { ... } was dropped' out)" = 0 ] || fail "none: $(grep 'none { ... }' out)"
has 'in all: none was dropped' out
echo 'test "two" { given = conversation { customer "my payment failed", attributes = { region = "eu" }, channel = "email" }, expect = { rule = "known" } }
test "one" { given = conversation { customer "my payment failed", channel = "email" }, expect = { rule = absent } }' >more/a_test.lua
sed -i '/"alone"/d' more/a.lua
code 0 "$USHER" test more --mutate
! grep -q 'incident(): ' out || { grep 'incident()' out >&2; fail 'incident(): one point and three'; }
sed -i '/"one"/d' more/a_test.lua
code 0 "$USHER" test more --mutate; has 'incident(): >= 2 became >= 1 (rule "known")' out
ok 'N23 only what can be seen is a mutant, by the steps that its number goes in'

# A mutant is given the hours of the configuration as the policy is: a test
# about hours does not notice everything by itself.
mkdir hours
cat >hours.conf.lua <<'L'
policy "hours"
source "web" { adapter = "custom", secret = secret "WEB_SECRET" }
helpdesk "desk" { adapter = "desk" }
calendar "office" { zone = "Europe/Berlin", weekly = { fri = { { "09:00", "18:00" } } } }
groups { "support" }
default_group "support"
L
cat >hours/a.lua <<'L'
rule "open" { when = all { open "office", tier { "vip", "gold" } }, escalate = { reason = "x", next_step = "y", priority = "high" } }
L
cat >hours/a_test.lua <<'L'
local function vip(now, expect) test(now) { given = conversation { customer "hm", tier = "vip" }, now = now, expect = expect } end
vip("2026-11-20T17:59:00+01:00", { rule = "open", priority = "high" })
vip("2026-11-20T18:00:00+01:00", "nothing")
test "nobody" { given = conversation { customer "hm" }, now = "2026-11-20T17:00:00+01:00", expect = "nothing" }
L
code 0 "$USHER" test -c hours.conf.lua hours --mutate
[ "$(survivors)" = 1 ] || { cat out >&2; fail "hours: $(survivors) survive"; }
has 'tier { "vip", "gold" }: without "gold"' out
ok 'N23 N8 hours are the same for a mutant: just the gap is named'
echo 'test "wrong" { given = of(1), expect = { action = "escalate" } }' >>rules/a_test.lua
code 1 "$USHER" test rules --mutate; has 'wants tests that pass' err
ok 'S145 tests that fail as it is notice nothing'
