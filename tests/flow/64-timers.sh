#!/bin/sh
# A rule that waits: its time comes once, also when the engine was away; what
# the customer or a human does before ends it. S130
#   KILLS=4   how often the engine is killed while timers run
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-4}
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-wait.lua" <<'EOF'
rule "stuck for a moment" {
  when = says { "stuck" }, wait = "2s",
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question}" },
}
rule "patient" {
  when = says { "patient" }, wait = "2s",
  escalate = { reason = "patience", next_step = "Answer.", cancel_on = { "takeover" } },
}
rule "asks for a person" {
  when = says { "person" },
  escalate = { reason = "customer_request", next_step = "Reply." },
}
EOF
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
tickets() { stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:$1'"; }
ticketed() { [ "$(tickets "$1")" = "$2" ]; }
timer() { stored "SELECT state FROM timer WHERE conv = 'web:$1'"; }
state() { ask "/v1/conversations/web:$1" | jq -r .state; }
say() { # CONVERSATION TEXT
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2")"
    [ "$status" = 202 ] || fail "$1: $status"
}

say w1 'I am stuck here'
quiet
is 'S130 it waits' "$(state w1) $(timer w1) $(tickets w1)" 'waiting SET 0'
is 'the decision says so' "$(stored "SELECT action FROM decision WHERE conv = 'web:w1'")" wait
within 10 ticketed w1 1 || fail 'its time did not come'
ok 'S130 its time comes'
quiet
is 'S130 once' "$(timer w1) $(count_of ticket)" 'FIRED 1'
is 'both decisions are kept' "$(stored "SELECT group_concat(action, ' ') FROM (SELECT action FROM decision WHERE conv = 'web:w1' ORDER BY n)")" 'wait escalate'
has 'with what the rules knew' "$(stored "SELECT facts FROM decision WHERE conv = 'web:w1' AND action = 'escalate'")" '"timer":{"due_at_ms"'

say w2 'I am stuck here'
quiet
say w2 'a person, please'
quiet
is 'the first match decides, though a later one would not wait' "$(tickets w2)" 0
say w3 'stuck as well'
quiet
first=$(stored "SELECT due_at FROM timer WHERE conv = 'web:w3'")
sleep 0.5
say w3 'hello, I am waiting'
quiet
[ "$(stored "SELECT due_at FROM timer WHERE conv = 'web:w3'")" -gt "$first" ] || fail 'S130 a new message begins a new wait'
ok 'S130 a new message begins a new wait'
say p1 'I am patient'
quiet
first=$(stored "SELECT due_at FROM timer WHERE conv = 'web:p1'")
say p1 'still there'
quiet
is 'cancel_on: a message that does not end it' "$(stored "SELECT due_at FROM timer WHERE conv = 'web:p1'")" "$first"

say r1 'stuck'
quiet
send r1-end '{"type":"usher.session.ended","data":{"conversation_id":"r1","outcome":"resolved_confirmed"}}'
quiet
is 'S130 cancelled when the AI resolves' "$(timer r1)" CANCELLED
say t1 'stuck'
quiet
send t1-take '{"type":"usher.takeover","data":{"conversation_id":"t1","actor":"jo"}}'
quiet
is 'and when a human takes over' "$(timer t1)" CANCELLED
say h1 'stuck'
quiet
send h1-human '{"type":"usher.message","data":{"conversation_id":"h1","mode":"append","first_index":90,"messages":[{"role":"agent","content":"I am looking into it."}]}}'
[ "$status" = 202 ] || fail "h1: $status $(answer)"
quiet
is 'and when a human writes' "$(timer h1)" CANCELLED
send h1-end '{"type":"usher.session.ended","data":{"conversation_id":"h1"}}'
quiet
is 'S130 the end of the session begins no wait while a human has it' "$(timer h1) $(stored "SELECT action FROM decision WHERE conv = 'web:h1' ORDER BY n DESC LIMIT 1")" 'CANCELLED wait'
for one in w2 w3 p1; do within 10 ticketed $one 1 || fail "$one: no ticket"; done
ok 'the others fire'
quiet
is 'S130 none twice, the cancelled ones not by their timers' "$(ledger 'select(.kind == "ticket") | .id' | sort | uniq -d) $(tickets r1)" ' 0'

# Away when its time comes.
say a1 'stuck'
quiet
kill_engine
sleep 2.5
start_engine
within 5 ticketed a1 1 || fail 'what came due meanwhile did not fire at the start'
ok 'S130 what came due while the engine was away fires at the start'

# Killed again and again while twelve of them run.
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do say "k$n" 'stuck'; done
n=0
while [ $n -lt "$kills" ]; do
    n=$((n + 1))
    sleep "0.$(awk -v s=$n$$ 'BEGIN { srand(s); print int(rand() * 900) + 100 }')"
    kill_engine
    start_engine
done
within 20 ticketed 'k%' 12 || fail "S130 $(tickets 'k%') of 12 after $kills kills"
quiet
is "S130 twelve timers, $kills kills: each fired once" "$(stored "SELECT count(*), count(DISTINCT conv) FROM decision WHERE conv LIKE 'web:k%' AND action = 'escalate'")" '12|12'
is 'S130 twelve tickets at the vendor' "$(ledger 'select(.kind == "ticket") | .id' | sort -u | wc -l | tr -d ' ')" "$(stored 'SELECT count(*) FROM handoff')"
stop_engine
