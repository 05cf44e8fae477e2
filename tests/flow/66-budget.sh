#!/bin/sh
# A budget of hand-overs: beyond it the customer is told and offered another
# way, never dropped; what must reach a human always does; a restart fills no
# bucket and forgets no conversation. N11 (P12), S117
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
rule "share" {
  when = says { "lost" },
  escalate = { reason = "lost", group = "billing", next_step = "Answer." },
}
rule "vague" { when = says { "agent" }, offer = {} }
budget "all" { share = "45%", sessions = 20, within = "1h", exempt = { "customer_request", "ai_unresolved", "slow", "lost" }, help = "See https://help.example." }
budget "support hours" { groups = { "support" }, rate = "1/h", burst = 3 }
budget "second line" { groups = { "tier2" }, rate = "1/h", burst = 1, otherwise = "wait", wait = "1h" }
budget "a third" { groups = { "billing" }, share = "33%", sessions = 20, within = "1h" }
EOF
configure "notifier \"ops\" {
  adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/ops\", secret = secret \"OPS_SECRET\",
  allow_private = true, allow_plain = true,
}"
OPS_SECRET=$WEB_SECRET
export OPS_SECRET
catcher ops http "$port_a"
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

# The team is told once an hour that a budget holds back, and by what.
alerts() { # BUDGET
    for file in $(caught ops "usher.budget.spent"); do body_of "$file" | jq -c "select(.data.budget == \"$1\")"; done
}
is 'P12 the team is told once, though five were held back' "$(alerts 'support hours' | jq -r '[.type, .data.reason, .data.group] | join(" ")')" \
    'usher.budget.spent ai_unresolved support'
has 'P12 with the rule that hands over most' "$(alerts 'support hours' | jq -r .data.brief)" 'Most by rule "stuck": 3 in 60 minutes. Customers are offered another way.'
is 'P12 the same for programs' "$(alerts 'support hours' | jq -r '.data | [.top_rule, .top_rule_count, .within_s, .held_back, .now] | join(" ")')" 'stuck 3 3600 1 offer'
is 'P12 since when' "$(alerts 'support hours' | jq -r '.data.since | sub("[.][0-9]+Z$"; "Z") | fromdateiso8601')" \
    "$(stored "SELECT min(at) / 1000 FROM decision WHERE action = 'offer'")"
is 'P12 a wait is told as one' "$(alerts 'second line' | jq -r '[.data.now, (.data.brief | endswith("Their hand-overs wait."))] | join(" ")')" 'wait true'
is 'P12 it names no customer' "$(alerts 'support hours' | jq -r '.data | .conversation_id // .handoff_id // .customer // "none"')" none
is 'P12 each that is held back is counted' "$(stored "SELECT sum(n) FROM traffic WHERE what = 'refused' AND name = 'support hours'")" 5

kill_engine
start_engine
say r1 'stuck too'
quiet
is 'N11 a restart fills no bucket' "$(outcomes r1)" 'offer 1'
is 'P12 and tells nobody twice' "$(alerts 'support hours' | jq -s length)" 1

# Twelve conversations until here; of twenty and more a third may go to billing.
begun=$(stored "SELECT sum(n) FROM traffic WHERE what = 'begun'")
is 'P12 every conversation is counted' "$begun" "$(stored 'SELECT count(*) FROM conversation')"
for n in 1 2 3 4 5 6 7; do say "l$n" 'my parcel is lost'; done
quiet
is 'P12 below twenty there is no share' "$begun $(outcomes 'l%')" '12 escalate 7'
is 'P12 hand-overs are counted by group' "$(stored "SELECT sum(n) FROM traffic WHERE what = 'group' AND name = 'billing'")" 7
kill_engine
start_engine
say l8 'my parcel is lost'
quiet
is 'P12 7 of 20 is more than 33 %: an offer, after a restart too' "$(outcomes l8)" 'offer 1'
is 'P12 the decision says so' "$(stored "SELECT json_extract(outcome, '$.budget.name') || ' ' || json_extract(outcome, '$.budget.level') FROM decision WHERE conv = 'web:l8'")" 'a third 35'
is 'P12 the share for programs' "$(alerts 'a third' | jq -r '.data | [.handed_over, .conversations] | join(" of ")')" '7 of 20'
has 'P12 and the team is told' "$(alerts 'a third' | jq -r .data.brief)" '7 of the 20 conversations of the last 60 minutes were handed over (35.0 %). Most by rule "share": 7'
for n in 1 2; do say "o$n" 'hello'; done
say l9 'my parcel is lost'
quiet
is 'P12 7 of 23 is not: handed over' "$(outcomes l9)" 'escalate 1'

# What is an offer already becomes a link, which the customer is told.
say v1 'agent'
quiet
is 'P12 an offer becomes a link while too many are handed over' "$(outcomes v1)" 'inform 1'
is 'P12 which the customer is told' "$(ledger 'select(.kind == "usher.reply" and .id == "v1") | .id') $(stored "SELECT json_extract(payload, '\$.text') FROM delivery WHERE conv = 'web:v1'")" \
    "v1 See https://help.example."
has 'P12 and the team is told what happens now' "$(alerts all | jq -r .data.brief)" 'Customers are told where they find help.'
stop_engine
