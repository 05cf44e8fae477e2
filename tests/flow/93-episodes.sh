#!/bin/sh
# Tickets of a helpdesk elsewhere: it is asked what became of them, many at a
# time, politely, through the window of its deliveries; what was learnt survives
# a kill; when a ticket is done and its window has passed, the conversation
# begins anew. N16 S110 S176
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10.lua" <<'EOR'
rule "asks for a person" { when = asks_for_human(), escalate = { reason = "customer_request", group = "billing", next_step = "Reply." } }
EOR
configure 'tickets { follow = "1s", reopen_within = "10m" }'
sed -i "s#^policy .*#policy \"$home/rules\"#;s#^groups .*#groups { \"support\", billing = { ids = { zd = 36001 } }, tier2 = { ids = { zd = 36002 } } }#" "$home/usher.conf.lua"
start_engine
say() { # CONVERSATION TEXT [INDEX]
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" "${3:-0}")"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
    quiet
}
there() { # TICKET MEMBERS: changed in the helpdesk
    control "{\"ticket\":$1,$2}" >/dev/null
}
state() { stored "SELECT state FROM ticket WHERE display_id = '$1'"; }
is_state() { [ "$(state "$1")" = "$2" ]; }
learns() { # NAME TICKET STATE
    within 15 is_state "$2" "$3" || fail "$1: $(ask "/v1/tickets/$2")"
    ok "$1"
}
shown() { ask "/v1/tickets/$1" | jq -c "$2"; }
looks() { ledger 'select(.kind == "look") | .more'; }
vendor_ticket() { curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/$1" | jq -r "$2"; }

# --- many in one request, and what they say ---------------------------------------------
for n in 1 2 3 4 5; do say "k$n" "$human"; done
there 35001 '"status":"open","assignee":77,"group":36002,"reply_minutes":2'
there 35002 '"status":"pending"'
learns 'taken by somebody' 35001 in_progress
learns 'waiting' 35002 waiting
is 'who has it, its group by our name, the word for it there' "$(shown 35001 '[.assignee, .group, .native_status]')" '["77","tier2","open"]'
is 'S110 when a human first wrote, by their measure' \
    "$(shown 35001 '((.first_human_reply_at | .[0:19] + "Z" | fromdate) - (.created_at | .[0:19] + "Z" | fromdate)) as $s | $s >= 119 and $s <= 121')" true
many() { [ "$(looks | awk -F, '{ if (NF > most) most = NF } END { print most }')" -ge 5 ]; }
within 15 many || fail "one by one: $(looks)"
ok 'one request for many'

# --- a helpdesk that has trouble: delayed, and nothing else --------------------------------
control '{"fault":"503","every":1,"on":"search"}' >/dev/null
there 35003 '"status":"solved"'
sleep 2.5
is 'a helpdesk that is down: nothing is learnt' "$(state 35003)" open
[ "$(metric looks_failed_total)" -ge 1 ] || fail 'it was not asked'
control '{"fault":"garbage","every":1,"on":"search"}' >/dev/null
sleep 1.5
is 'rubbish: nothing is believed' "$(state 35003)" open
control '{"fault":"none"}' >/dev/null
kill_engine
start_engine
learns 'after a kill, and up again: learnt' 35003 resolved
is 'S176 and counted' "$(metric tickets_resolved_total)" 1

# --- done, and a message within the window: to the ticket, open again -------------------------
say k3 'One more question.' 1
is 'S176 N16 a message goes to the ticket' "$(vendor_ticket 35003 '.comments | length')" 1
is 'S176 which is opened again there' "$(vendor_ticket 35003 .ticket.status)" open
is 'N16 no second ticket' "$(count_of ticket)" 5
learns 'and is seen to be' 35003 in_progress
is 'S176 opened once' "$(shown 35003 .reopens)" 1

# --- done, and the window has passed -----------------------------------------------------------
stop_engine
sed -i 's/"10m"/"3s"/' "$home/usher.conf.lua"
start_engine
there 35004 '"status":"solved"'
learns 'resolved' 35004 resolved
over() { [ "$(ask /v1/conversations/web:"$1" | jq -r .state)" = closed ]; }
within 15 over k4 || fail "the episode of k4 did not end: $(shown 35004 .)"
is 'N16 what was resolved so long ago is closed' "$(state 35004)" closed
say k4 'Hello again, all is well.' 1
is 'N16 then a neutral message is a new episode, and keep' \
    "$(ask /v1/conversations/web:k4 | jq -c '.episode') $(stored "SELECT action FROM decision WHERE conv = 'web:k4' ORDER BY n DESC LIMIT 1")" '2 keep'
say k4 "$human" 2
is 'N16 and a hand-over a new ticket' "$(count_of ticket) $(stored "SELECT count(DISTINCT hid) FROM handoff WHERE conv = 'web:k4'")" '6 2'

# --- closed for good, and gone ---------------------------------------------------------------------
there 35002 '"status":"closed"'
within 15 over k2 || fail "closed for good: $(shown 35002 .)"
ok 'N16 a ticket that takes nothing more ends its episode at once'
there 35005 '"gone":true'
learns 'a ticket that is gone is closed' 35005 closed
is 'with a note why' "$(shown 35005 .note)" '"it is not in the helpdesk any more"'
within 15 over k5 || fail 'gone: the episode goes on'
ok 'N16 and its episode is over'
before=$(looks | wc -l)
there 35001 '"status":"solved"'
there 35003 '"status":"solved"'
there 35006 '"status":"solved"'
all_over() { [ "$(stored 'SELECT count(*) FROM ticket WHERE ended_at IS NULL')" = 0 ]; }
within 20 all_over || fail 'not all are over'
after=$(looks | wc -l)
[ "$after" -gt "$before" ] || fail 'it was not asked'
sleep 2.5
is 'what is over is not asked about' "$(looks | wc -l)" "$after"
is 'nobody asked for a ticket twice in a request' "$(looks | awk -F, '{ delete s; for (i = 1; i <= NF; i++) if (s[$i]++) n++ } END { print n + 0 }')" 0
stop_engine
is 'it stops in order' "$status" 0

# --- not followed when nobody wants it ------------------------------------------------------------
sed -i 's/^tickets .*/tickets { follow = false }/' "$home/usher.conf.lua"
start_engine
say k9 "$human"
sleep 1.5
is 'follow = false: nobody asks' "$(looks | wc -l)" "$after"
# Then nobody knows that a ticket was closed: what a customer writes is not lost.
there 35007 '"status":"closed"'
say k9 'And one thing more.' 1
is 'S176 closed meanwhile: a follow-up' "$(count_of ticket)" 8
is 'S176 of that ticket' "$(curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/35008/body" | jq .ticket.via_followup_source_id)" 35007
say k9 'And this.' 2
is 'S176 what comes after goes there' "$(count_of ticket) $(vendor_ticket 35008 '.comments | length')" '8 1'
stop_engine
