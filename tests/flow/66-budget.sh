#!/bin/sh
# A budget of hand-overs: beyond it the customer is told and offered another
# way, never dropped; what must reach a human always does; a restart fills no
# bucket. N11 (P12)
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-budget.lua" <<'EOF'
rule "asks for a person" {
  when = asks_for_human(),
  escalate = { reason = "customer_request", next_step = "Reply." },
}
rule "stuck" {
  when = says { "stuck" },
  escalate = { reason = "ai_unresolved", next_step = "Answer." },
}
rule "slow" {
  when = says { "slow" },
  escalate = { reason = "slow", group = "tier2", next_step = "Answer." },
}
budget "support hours" { groups = { "support" }, rate = "1/h", burst = 3 }
budget "second line" { groups = { "tier2" }, rate = "1/h", burst = 1, otherwise = "wait", wait = "1h" }
EOF
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
say() { # CONVERSATION TEXT
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" $count)"
    [ "$status" = 202 ] || fail "$1: $status $(cat "$home/answer")"
}
outcomes() { stored "SELECT group_concat(action || ' ' || n, ',') FROM (SELECT action, count(*) AS n FROM decision WHERE conv LIKE 'web:$1' GROUP BY action ORDER BY action)"; }
tickets() { stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:$1'"; }

# Eight one behind the other, three of them fit.
for n in 1 2 3 4 5 6 7 8; do say "b$n" 'I am stuck'; done
quiet
is 'N11 three fit, five are offered another way' "$(outcomes 'b%')" 'escalate 3,offer 5'
is 'N11 three tickets' "$(tickets 'b%')" 3
is 'N11 each of the others gets a message' "$(ledger 'select(.kind == "usher.reply") | .id' | sort | uniq -c | awk '{ s += $1 } END { print NR, s }')" '8 8'
is 'N11 the decision says so' "$(stored "SELECT count(*) FROM decision WHERE json_extract(outcome, '$.budget.exceeded') = 1")" 5
is 'and what was in the bucket' "$(stored "SELECT count(*) FROM decision WHERE action = 'offer' AND json_extract(facts, '$.budget.level') < 1")" 5
is 'it is counted' "$(ask /metrics | awk '$1 == "usher_budget_exceeded_total" { print $2 }')" 5

say d1 'I want to talk to a real person'
quiet
is 'N11 a direct request is never held back' "$(outcomes d1) $(tickets d1)" 'escalate 1 1'
say t1 'so slow'
say t2 'so slow'
quiet
is 'N11 another team has its own' "$(tickets t1)" 1
is 'or lets it wait' "$(stored "SELECT action FROM decision WHERE conv = 'web:t2'") $(ask /v1/conversations/web:t2 | jq -r .state)" 'wait waiting'

kill_engine
start_engine
say r1 'stuck too'
quiet
is 'N11 a restart fills no bucket' "$(outcomes r1)" 'offer 1'
stop_engine
