#!/bin/sh
# A draft decides beside the rules in force, and nothing comes of it: N5 S71.
#   CONVERSATIONS=200   how many (1,000 in the long checks)
. "$(dirname "$0")/lib.sh"
count=${CONVERSATIONS:-200}
start_vendor
mkdir "$home/rules" "$home/next" "$home/broken" "$home/failing"
rules() { # AMOUNT GROUP [MORE WORDS]
    cat <<EOF
rule "large refund" {
  when = all { says { "refund"${3:-} }, field "order_value_minor" :at_least($1) },
  escalate = { reason = "refund", next_step = "Look.", group = "$2" },
}
rule "wants a human" {
  when = says { "human" },
  offer = { message = "Shall I fetch somebody?" },
}
rule "parcel that is late" {
  when = says { "parcel" },
  wait = "10m",
  escalate = { reason = "parcel", next_step = "Trace it." },
}
EOF
}
rules 50000 billing ', "chargeback"' >"$home/rules/10-a.lua"
# Lower: newly handed over; another group: moved; no wait any more; a word less:
# no longer handed over, and an offer later, where the live ones only follow up.
rules 30000 tier2 | sed 's/wait = "10m",//' >"$home/next/10-a.lua"
cat >"$home/next/10-a_test.lua" <<'EOF'
test "300 is large now" { given = conversation { customer "a refund", fields = { order_value_minor = 30000 } }, expect = { group = "tier2" } }
EOF
printf 'rule "half' >"$home/broken/10-a.lua"
cp "$home/next/"* "$home/failing"
sed -i 's/"tier2" }/"legal" }/' "$home/failing/10-a_test.lua"
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine

live=$(hash)

# What does not load or fails its own tests is never asked.
has 'S71 a draft that does not load is refused, with file and line' "$(policy shadow "$home/broken" 2>&1)" '10-a.lua:1'
has 'S71 so is one whose own test fails' "$(policy shadow "$home/failing" 2>&1)" '300 is large now'
has 'S71 rules in force are no draft' "$(policy shadow "$home/rules" 2>&1)" 'these rules are in force'
is 'S71 nothing came of these' "$(draft state)$(stored 'SELECT count(*) FROM draft')" 0
policy draft "$home/next" >"$home/said" || fail "draft: $(cat "$home/said")"
is 'S71 a draft is kept and decides nothing' "$(draft state) $(hash)" "draft $live"
policy shadow >"$home/said" || fail "shadow: $(cat "$home/said")"
is 'S71 from there it goes into shadow' "$(draft state) $(hash)" "shadow $live"
next=$(draft hash)

# The conversations: one message each, or two; amounts, words, silence.
turns() { # N TURN: text and amount
    case $(($1 % 5))$2 in
        00) echo 'I want a refund' ;;
        10) echo 'hello there, good morning' ;;
        11) echo 'a refund please' ;;
        20) echo 'where is my parcel' ;;
        30) echo 'a human please' ;;
        31) echo 'yes, a human, and a refund' ;;
        40) echo 'about my chargeback' ;;
        41) echo 'may I talk to a human' ;;
    esac
}
body_for() { # N TURN TEXT
    printf '{"type":"usher.message","data":{"conversation_id":"s%d","channel":"web","mode":"append","first_index":%d,"fields":{"order_value_minor":%d},"messages":[{"role":"user","content":"%s"}]}}' \
        "$1" "$2" $(($1 % 7 * 10000)) "$3"
}
n=0
while [ $n -lt "$count" ]; do
    for turn in 0 1; do
        text=$(turns $n $turn)
        [ -n "$text" ] || continue
        send "s-$n-$turn" "$(body_for $n $turn "$text")" >/dev/null
        [ "$status" = 202 ] || fail "conversation $n: $status $(answer)"
    done
    n=$((n + 1))
done
quiet 60
caught_up() { [ "$(draft under_way)" = 0 ] && [ "$(stored 'SELECT count(*) FROM shadow')" = "$(stored 'SELECT count(*) FROM decision')" ]; }
within 20 caught_up || fail "N5 $(draft decisions) of $(stored 'SELECT count(*) FROM decision') decisions: $(ask /v1/policy)"
is 'N5 each moment was decided by both, none left out' \
    "$(stored 'SELECT count(DISTINCT conv) FROM shadow') $(metric shadow_skipped_total) $(metric shadow_decisions_total)" \
    "$count 0 $(stored 'SELECT count(*) FROM decision')"
is 'N5 every live decision is of the rules in force' "$(stored 'SELECT DISTINCT policy_sha FROM decision')" "$live"
is 'N5 every shadow decision is of the draft' "$(stored 'SELECT DISTINCT policy_sha FROM shadow')" "$next"

# Zero side effects: all there is comes of the rules in force.
lives() { stored "SELECT count(DISTINCT conv) FROM decision WHERE action = '$1'"; }
is 'N5 no hand-over of the draft' "$(stored 'SELECT count(*) FROM handoff')" "$(lives escalate)"
is 'N5 no ticket' "$(count_of ticket)" "$(lives escalate)"
is 'N5 no timer' "$(stored 'SELECT count(*) FROM timer')" "$(lives wait)"
is 'N5 no delivery that is not of a live decision' \
    "$(stored "SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM decision x WHERE x.conv = d.conv AND x.action NOT IN ('keep', 'wait'))")" 0
is 'N5 nothing went to the group that only the draft names' "$(stored "SELECT count(*) FROM decision WHERE outcome LIKE '%tier2%'")" 0
is 'N5 nor to its helpdesk' "$(ledger 'select(.kind == "ticket") | tojson' | grep -c tier2)" 0
[ "$(stored "SELECT count(*) FROM shadow WHERE outcome LIKE '%tier2%'")" -gt 0 ] || fail 'N5 the draft decided nothing of its own'

# The diff is the back-test's of the same conversations.
policy diff --json >"$home/diff.json" 2>"$home/diff.err" || fail "diff: $(cat "$home/diff.err")"
"$USHER" backtest --new "$home/next" --socket "$home/admin.sock" --json -c "$home/usher.conf.lua" \
    >"$home/backtest.json" 2>/dev/null
same='{conversations, handed_over, changed, kinds, changes: [.changes[] | del(.why, .weight)] | sort_by(.id)}'
jq -S "$same" "$home/diff.json" >"$home/a"
jq -S "$same" "$home/backtest.json" >"$home/b"
cmp -s "$home/a" "$home/b" || fail "N5 the diff is not the back-test's: $(diff "$home/a" "$home/b" | head -n 30)"
[ "$(jq '.changed | .newly_handed_over > 0 and .no_longer_handed_over > 0 and .moved > 0' "$home/diff.json")" = true ] || fail "N5 changes of a kind are missing: $(jq -c .changed "$home/diff.json")"
[ "$(jq '.changes | length' "$home/diff.json")" -gt $((count / 10)) ] || fail "N5 hardly any change: $(cat "$home/a")"
ok "N5 the diff equals a back-test of the same conversations: $(jq -c '[.conversations, .changed]' "$home/diff.json")"
jq -S '.tables' "$home/diff.json" >"$home/a"
jq -S '.tables' "$home/backtest.json" >"$home/b"
is 'N5 and so do the counts by action, rule, group and priority' "$(cat "$home/a")" "$(cat "$home/b")"
is 'N5 a shadow decision is made again from what was recorded of it, byte for byte' \
    "$(n=0; stored 'SELECT conv || "/" || episode || "/" || n FROM shadow ORDER BY conv, episode, n LIMIT 12' | while read -r id; do
        "$USHER" decide --replay "shadow/$id" --socket "$home/admin.sock" 2>&1 | grep -c identical; done | sort | uniq -c | tr -s ' ')" ' 12 1'
policy diff --top 1 >"$home/said" 2>/dev/null || fail 'diff as text'
has 'it names examples with both decisions' "$(cat "$home/said")" 'most changed (1 of'

# It goes on after a restart, with what it counted.
stop_engine
start_engine
is 'S71 the shadow survives a restart' "$(draft state) $(draft hash) $(hash)" "shadow $next $live"
send again "$(body_for 9999 0 'a human please')"
more() { [ "$(stored "SELECT count(*) FROM shadow WHERE conv = 'web:s9999'")" = 1 ]; }
within 10 more || fail 'S71 it is not asked after the restart'
ok 'S71 and is asked again'
kill_engine
start_engine
is 'S71 and a kill' "$(draft state)" shadow

# A draft that is broken at heart disturbs nobody.
mkdir "$home/spins"
cat >"$home/spins/10-a.lua" <<'EOF'
rule "spins" {
  when = function() while true do end end,
  escalate = { reason = "x", next_step = "y" },
}
EOF
policy shadow "$home/spins" >/dev/null || fail 'a draft that spins'
is 'one draft at a time: the next takes its place' "$(stored 'SELECT count(*) FROM draft') $(draft state)" '1 shadow'
send spin-1 "$(body_for 8888 0 'a refund')" && quiet
failed() { [ "$(stored "SELECT count(*) FROM shadow WHERE conv = 'web:s8888' AND failure IS NOT NULL")" = 1 ]; }
within 10 failed || fail 'a failing draft leaves no trace'
is 'N5 a draft that fails fails in its shadow only' \
    "$(metric decisions_failed_total) $(stored "SELECT action FROM decision WHERE conv = 'web:s8888'")" '0 escalate'

# Dropped, tried again, promoted.
policy stop >"$home/said" || fail "stop: $(cat "$home/said")"
is 'S71 stopped it is disabled' "$(draft state)" disabled
has 'S71 and is asked no more, nor promoted' "$(policy promote 2>&1)" disabled
policy shadow "$(printf %.12s "$next")" >/dev/null || fail 'by its hash'
is 'S71 by its hash it comes back' "$(draft state) $(draft hash)" "shadow $next"
policy promote >"$home/said" || fail "promote: $(cat "$home/said")"
is 'S71 promoted it is live, and no draft any more' "$(hash) $(draft state)$(stored 'SELECT count(*) FROM draft')" "$next 0"
send after "$(body_for 1004 0 'I want a refund')" && quiet
is 'S71 and decides' "$(ask /v1/conversations/web:s1004 | jq -r .decision.group)" tier2
stop_engine
start_engine
is 'S71 a restart does not bring the folder back' "$(hash)" "$next"
policy back >/dev/null || fail 'back'
is 'S71 one command goes back to what was live before' "$(hash)" "$live"
policy back "$(printf %.12s "$next")" >/dev/null || fail 'back again'
policy list >"$home/said"
is 'S71 the list tells the states' "$(ask /v1/policies | jq -r '[.policies[].state] | join(" ")')" 'live disabled'
is 'S71 each change is in the audit, with who did it' \
    "$(stored "SELECT group_concat(verb, ' ') FROM (SELECT verb FROM audit WHERE obj = 'policy' AND actor = 'operator' ORDER BY n)")" \
    'policy.draft policy.shadow policy.shadow policy.stop policy.shadow policy.promote policy.back policy.back'
stop_engine

# Configured so, a changed folder is a draft until somebody promotes it.
sed -i "s#^policy .*#policy { dir = \"$home/rules\", changes = \"shadow\" }#" "$home/usher.conf.lua"
start_engine
is 'S71 the folder waits to be promoted' "$(hash)" "$next"
rules 10000 legal >"$home/rules/10-a.lua"
in_shadow() { [ "$(draft state)" = shadow ]; }
within 5 in_shadow || fail "S71 a saved file is not in shadow: $(ask /v1/policy)"
is 'S71 a saved file is not live' "$(hash)" "$next"
policy promote >/dev/null || fail 'promote'
[ "$(hash)" != "$next" ] || fail 'S71 promoted it is not live'
ok 'S71 until it is promoted'
stop_engine
