#!/bin/sh
# A canary decides for a share of the conversations, and is taken back when it
# does harm: N6.
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules" "$home/all" "$home/same" "$home/fails"
one() { # WORDS GROUP
    cat <<EOF
rule "asks for it" {
  when = says { $1 },
  escalate = { reason = "asked", next_step = "Answer.", group = "$2" },
}
EOF
}
one '"human"' support >"$home/rules/10-a.lua"
one '"human", "hours"' billing >"$home/all/10-a.lua"
# Another text, the same decisions.
one '"human", "nobody says this"' support >"$home/same/10-a.lua"
cat >"$home/fails/10-a.lua" <<'EOF'
rule "asks for it" {
  when = function(c) return c.nothing.there end,
  escalate = { reason = "asked", next_step = "Answer." },
}
EOF
# Told of no hand-over; but of this, since nobody else would be.
configure "notifier \"ops\" {
  adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/ops\", secret = secret \"OPS_SECRET\",
  on_request = true, allow_private = true, allow_plain = true,
}"
OPS_SECRET=$WEB_SECRET
export OPS_SECRET
catcher ops http "$port_a"
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine

live=$(hash)
# talk PREFIX FROM TO: every fifth asks for a human
talk() {
    n=$2
    while [ "$n" -lt "$3" ]; do
        text='what are your opening hours'
        [ $((n % 5)) -ne 0 ] || text='a human please'
        send "$1-$n" "$(message "$1$n" "$text")" >/dev/null
        [ "$status" = 202 ] || fail "conversation $1$n: $status"
        n=$((n + 1))
    done
    within 60 "${calm:-is_quiet}" || fail "never quiet: $(ask /readyz)"
}
all_decided() { [ "$(ask /readyz | jq .events_in_flight)" = 0 ]; }
told() { for file in $(caught ops usher.policy.rolled_back); do body_of "$file"; done; }
by() { stored "SELECT count(DISTINCT conv) FROM decision WHERE policy_sha = '$1' AND conv LIKE 'web:$2%'"; }

has 'a canary has a share' "$(policy canary "$home/all" 2>&1)" '--share'
has 'and leaves somebody to compare to' "$(policy canary "$home/all" --share 60% 2>&1)" '50%'
policy canary "$home/all" --share 10% >"$home/said" || fail "canary: $(cat "$home/said")"
bad=$(draft hash)
is 'S71 it is a canary of 10 %' "$(draft state) $(draft share) $(hash)" "canary 10% $live"
has 'one at a time' "$(policy shadow "$home/same" 2>&1)" 'another draft is a canary'
tripped() { [ "$(draft state)" = disabled ]; }
from=0
until tripped || [ $from -ge 500 ]; do
    talk bad $from $((from + 50))
    from=$((from + 50))
done
tripped || fail "N6 it did not trip: $(ask /v1/policy)"
talk bad $from 400
decided=$(by "$bad" bad)
[ "$decided" -le 50 ] || fail "N6 it tripped after $decided decisions"
ok "N6 a canary that hands over all trips within 50 of its decisions: $decided"
[ $((decided * 100)) -lt $((400 * 12)) ] || fail "N6 $decided of 400 conversations were affected"
ok "N6 fewer than 12 % of the conversations were affected: $decided of 400"
is 'N6 each decision is of one of the two' \
    "$(stored "SELECT count(*) FROM decision WHERE policy_sha NOT IN ('$live', '$bad')")" 0
is 'N6 the roll-back is in the audit, with its figures' \
    "$(stored "SELECT actor || ' ' || (before_sha = '$bad') || (after_sha = '$live') || (detail LIKE 'hands over more: % of % against % of % (chance %)') FROM audit WHERE verb = 'policy.rollback'")" 'guard 111'
is 'N6 counted' "$(metric canary_rollbacks_total) $(metric canary_decisions_total)" "1 $decided"
has 'N6 in the log' "$(cat "$home/usher.log")" policy.rollback
is 'N6 the team is told, once, and of nothing else' "$(caught ops | wc -l) $(told | jq -r .type)" '1 usher.policy.rolled_back'
is 'N6 which rules, for which, at what share' \
    "$(told | jq -r '.data | [.policy, .in_force, .share, .reason, .counts.looks > 0] | join(" ")')" "$bad $live 10% policy_rolled_back true"
is 'N6 and why: what was found, with its figures' "$(told | jq -r .data.why)" \
    "$(stored "SELECT detail FROM audit WHERE verb = 'policy.rollback'")"
has 'N6 in words for people' "$(told | jq -r .data.brief)" 'taken back by its guard: hands over more: '
has 'N6 and /readyz?verbose tells it' "$(ask '/readyz?verbose')" 'hands over more'
is 'N6 the rules in force stayed' "$(hash)" "$live"
stop_engine
start_engine
is 'N6 a restart finds it taken back' "$(draft state) $(ask /readyz | jq -r .draft.why | cut -c 1-15)" 'disabled hands over more'
talk after 0 20
is 'N6 and tells nobody twice' "$(caught ops | wc -l)" 1
is 'N6 and all are decided by the rules in force' "$(by "$bad" after) $(by "$live" after)" '0 20'

# One that does the same is left alone; the same conversation is on the same
# side, before a restart and after it.
policy canary "$home/same" --share 30% >/dev/null || fail 'same'
good=$(draft hash)
talk same 0 60
first=$(by "$good" same)
kill_engine
start_engine
is 'a canary survives a kill' "$(draft state) $(draft share) $(draft hash)" "canary 30% $good"
n=0
while [ $n -lt 60 ]; do
    send "same-again-$n" "$(message "same$n" 'and another thing' 1)" >/dev/null
    n=$((n + 1))
done
quiet 60
is 'each conversation stays on its side' "$(by "$good" same) $(stored "SELECT count(*) FROM (SELECT conv FROM decision
    WHERE conv LIKE 'web:same%' GROUP BY conv HAVING count(DISTINCT policy_sha) > 1)")" "$first 0"
[ "$first" -ge 6 ] && [ "$first" -le 32 ] || fail "30 % of 60 are not $first"
ok "of 60 conversations the canary of 30 % had $first"
is 'N6 equal rules are left alone' "$(draft state)" canary

# A segment.
policy canary --share 50% --source elsewhere >/dev/null || fail 'segment'
talk seg 0 20
is 'a canary of a segment decides for nobody else' "$(by "$good" seg)" 0
policy canary --share 50% --tier vip >/dev/null || fail 'segment of a tier'
n=0
while [ $n -lt 40 ]; do
    tier=basic
    [ $n -ge 20 ] || tier=vip
    send "tier-$n" "$(message "tier$n" 'a human please' | sed "s/\"name\":/\"tier\":\"$tier\",\"name\":/")" >/dev/null
    n=$((n + 1))
done
quiet 60
is 'nor one of a tier' "$(stored "SELECT count(*) FROM decision WHERE policy_sha = '$good' AND conv LIKE 'web:tier%'
    AND CAST(substr(conv, 9) AS INTEGER) >= 20")" 0
[ "$(by "$good" tier)" -gt 0 ] || fail 'the canary of a tier decides for nobody'
ok 'but for that tier'
is 'and is compared within it' "$(ask /v1/policy | jq '.draft.counts | .canary.conversations + .live.conversations')" 20
policy stop >/dev/null

# Rules that fail are taken back too; their customers reach a human meanwhile.
policy canary "$home/fails" --share 50% --expect more >/dev/null || fail 'fails'
echo 503 >"$home/ops/reply"
calm=all_decided
from=0
until tripped || [ $from -ge 120 ]; do
    talk fails $from $((from + 10))
    from=$((from + 10))
done
calm=
tried() { stored "SELECT count(*) FROM attempt a JOIN delivery d ON d.did = a.did WHERE d.dest = 'notifier:ops' AND a.class IN ('retry', 'unknown')" | grep -qx '[6-9]'; }
# A notice of a hand-over would be given up by now.
within 60 tried || fail "the notice was not tried: $(ask /v1/deliveries)"
kill_engine
tries=$(caught ops | wc -l)
rm "$home/ops/reply"
start_engine
quiet 60
is 'N6 a notice that was not taken outlives a kill, and is taken once' "$(caught ops | wc -l)" $((tries + 1))
is 'N6 under one key at each try, another than the first' "$(told | jq -r .data.idempotency_key | sort -u | wc -l)" 2
is 'N6 failing rules are taken back' "$(draft state) $(draft why | cut -c 1-15)" 'disabled its rules fail:'
policy canary "$home/same" --share 10% >/dev/null && policy promote >"$home/said" || fail "promote: $(cat "$home/said")"
is 'a canary that does well is promoted' "$(hash) $(draft state)" "$good "
stop_engine
