#!/bin/sh
# What holds a reload back beside the rules themselves: tests that changed alone,
# and a back-test with limits. S150 N2
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
rule() { # WORDS
    cat >"$home/rule.new" <<EOF
rule "asks for it" {
  when = says { $1 },
  escalate = { reason = "asked", next_step = "Answer." },
}
EOF
    mv "$home/rule.new" "$home/rules/10-a.lua"
}
reload() { "$USHER" reload --socket "$home/admin.sock" "$@" 2>&1; }
last() { ask /v1/policy | jq -r ".last_reload.$1 // empty"; }
rejected() { last why | grep -q "$1"; }
unchanged() { [ "$(last outcome) $(last tests_passed)" = "unchanged $1" ]; }

# 200 conversations: every fiftieth asks for the manager, every fifth for a human.
n=0
while [ $n -lt 200 ]; do
    text='what are your opening hours'
    [ $((n % 5)) -ne 0 ] || text='a human please'
    [ $((n % 50)) -ne 1 ] || text='the manager please'
    printf '{"id":"web:r%d","messages":[{"role":"customer","text":"%s"}]}\n' $n "$text"
    n=$((n + 1))
done >"$home/past.jsonl"

rule '"human"'
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
first=$(hash)

# The rules stay as they are, and what is asked of them changes.
echo 'test "a human" { given = conversation { customer "a human please" }, expect = { rule = "asks for it" } }' >"$home/rules/10-a_test.lua"
within 5 unchanged 1 || fail "N2 a new test is not run: $(ask /v1/policy)"
ok 'N2 a test file that changed alone is run: it passes'
echo 'test "a letter" { given = conversation { customer "a letter" }, expect = { rule = "asks for it" } }' >>"$home/rules/10-a_test.lua"
within 5 rejected 'a letter' || fail "N2 a failing new test is not seen: $(ask /v1/policy)"
is 'N2 or it fails, and that is said: file, line, test' "$(last why)" \
    "$home/rules/10-a_test.lua:2: test \"a letter\" fails: rule: expected asks for it, got nothing (1 of 2)"
is 'N2 the rules in force are what they were' "$(hash)" "$first"
has 'N2 who asks is told again' "$(reload)" 'a letter'
has 'N2 and so is /readyz' "$(ask /readyz)" 'a letter'
sed -i 2d "$home/rules/10-a_test.lua"
within 5 unchanged 1 || fail "N2 the corrected test: $(ask /v1/policy)"
ok 'N2 corrected, all is well'
is 'N2 what passed together is not run again' "$(reload)" "unchanged: $first is in force (1 of its tests passed)"
stop_engine

# With limits: no more than 3 % of the conversations may be treated differently.
sed -i "s#^policy .*#policy { dir = \"$home/rules\", backtest = { recordings = \"$home/past.jsonl\", max_changed = \"3%\", max_new_escalations = \"10\" } }#" "$home/usher.conf.lua"
start_engine
is 'the configuration takes limits' "$(hash)" "$first"
rule '"human", "manager"'
moved() { [ "$(hash)" != "$first" ]; }
within 5 moved || fail "S150 a change within the limits: $(ask /v1/policy)"
ok 'S150 a change within the limits comes into force'
second=$(hash)
rule '"human", "manager", "hours"'
within 5 rejected 'change too much' || fail "S150 a change beyond the limits: $(ask /v1/policy)"
is 'S150 a change beyond them is rejected with the figures' "$(last why)" \
    'over 200 recorded conversations they change too much: max-changed 78.00 % instead of at most 3%, max-new-escalations 156 instead of at most 10; usher backtest shows which, usher reload --force takes them all the same'
is 'S150 the rules in force stay' "$(hash)" "$second"
"$USHER" backtest --old "$home/rules" --new "$home/rules" "$home/past.jsonl" >/dev/null 2>&1 || fail 'the recordings are none'
reload --force >"$home/said" || fail "force: $(cat "$home/said")"
[ "$(hash)" != "$second" ] || fail 'S150 forced it is not in force'
is 'S150 an operator may force it, which the audit tells' \
    "$(stored "SELECT verb || ' ' || detail FROM audit WHERE actor = 'operator' ORDER BY n DESC LIMIT 1")" 'policy.reload forced'
third=$(hash)

# So is what is promoted.
mkdir "$home/next"
cp "$home/rules/10-a.lua" "$home/next"
sed -i 's/, "hours"//' "$home/next/10-a.lua"
policy shadow "$home/next" >/dev/null || fail shadow
has 'S150 a draft that changes too much is not promoted' "$(policy promote 2>&1)" 'change too much'
is 'S150 it stays where it is' "$(hash) $(ask /v1/policy | jq -r .draft.state)" "$third shadow"
policy promote --force >/dev/null || fail 'promote --force'
[ "$(hash)" != "$third" ] || fail 'S150 forced it is not promoted'
ok 'S150 unless it is forced'

# Recordings that cannot be read hold it back too: nobody knows what it changes.
echo '{"broken' >>"$home/past.jsonl"
rule '"human", "boss"'
within 5 rejected 'past.jsonl' || fail "broken recordings: $(ask /v1/policy)"
ok 'S150 recordings that cannot be read are named'
rm "$home/past.jsonl"
rule '"human", "chief"'
within 5 rejected 'No such file' || fail "no recordings: $(ask /v1/policy)"
ok 'S150 and recordings that are not there'
stop_engine

# Budgets hold back in this measure as they would: a conversation every six
# minutes, of which a budget of 4 an hour lets few through.
awk 'BEGIN { for (i = 0; i < 30; i++) { at = sprintf("2026-03-02T%02d:%02d:00Z", 8 + int(i / 10), i % 10 * 6)
    printf "{\"id\":\"c-%02d\",\"source\":\"x\",\"started_at\":\"%s\",\"messages\":[{\"role\":\"customer\",\"at\":\"%s\",\"text\":\"I am stuck\"}]}\n", i, at, at } }' >"$home/surge.jsonl"
sed -i "s#^policy .*#policy { dir = \"$home/rules\", backtest = { recordings = \"$home/surge.jsonl\", max_new_escalations = \"20\" } }#" "$home/usher.conf.lua"
rule '"human"'
start_engine
fourth=$(hash)
mkdir "$home/old"
cp "$home/rules/10-a.lua" "$home/old"
rule '"human", "stuck"'
within 5 rejected 'change too much' || fail "P12 without a budget: $(ask /v1/policy)"
has 'P12 without a budget all are handed over' "$(last why)" 'max-new-escalations 30 instead of at most 20'
echo 'budget "support" { rate = "4/h", burst = 2 }' >"$home/rules/80-budget.lua"
in_force() { [ "$(hash)" != "$fourth" ]; }
within 5 in_force || fail "P12 a budget is not asked: $(ask /v1/policy)"
"$USHER" backtest --old "$home/old" --new "$home/rules" --json "$home/surge.jsonl" >"$home/measured" 2>/dev/null
given=$(jq '.budgets[0].given.new' "$home/measured")
ok "P12 a budget is asked as in a back-test: $given of 30 are handed over"
# One fewer than that is too few.
cp "$home/rules/80-budget.lua" "$home/kept"
echo >"$home/rules/80-budget.lua"
rule '"human"'
sed -i "s#new_escalations = \"20\"#new_escalations = \"$((given - 1))\"#" "$home/usher.conf.lua"
stop_engine
start_engine
cp "$home/kept" "$home/rules/80-budget.lua"
rule '"human", "stuck"'
within 5 rejected 'change too much' || fail "P12 the limit below: $(ask /v1/policy)"
has 'P12 the figure is the same to the conversation' "$(last why)" "max-new-escalations $given instead of at most $((given - 1))"
stop_engine
sed -i "s#^policy .*#policy { dir = \"$home/rules\", backtest = { recordings = \"$home/past.jsonl\", max_changed = \"much\" } }#" "$home/usher.conf.lua"
has 'a limit that is none is refused with file and line' "$("$USHER" check -c "$home/usher.conf.lua" 2>&1)" 'usher.conf.lua:4: policy backtest: max_changed is a share'
