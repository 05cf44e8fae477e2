#!/bin/sh
# Tickets after they are made, at the built-in desk: people take, move, resolve,
# close and reopen them, and what follows is seen at once; a customer who writes
# within the window opens theirs again, after it begins anew. N16 S176 S110 P15
. "$(dirname "$0")/lib.sh"
mkdir "$home/rules"
cat >"$home/rules/10.lua" <<'EOR'
rule "back again" {
  when     = all { asks_for_human(), attribute "last_ticket_state" :is "open" },
  escalate = { reason = "repeat", append_to = "{attributes.last_ticket_id}", next_step = "Read what was said." },
}
rule "asks for a person" { when = asks_for_human(), escalate = { reason = "customer_request", group = "billing", next_step = "Reply." } }
EOR
cat >"$home/usher.conf.lua" <<EOF
listen "127.0.0.1:$public"
admin { socket = "$home/admin.sock" }
store "$home/usher.db"
policy "$home/rules"
workers(2)
source "web" {
  adapter = "custom", secret = secret "WEB_SECRET",
  reply_url = "http://127.0.0.1:$vendor_port/reply",
  allow_private = true, allow_plain = true,
}
helpdesk "own" { adapter = "desk" }
groups { "support", "billing" }
default_group "support"
tickets { reopen_within = "3s" }
EOF
start_vendor
start_engine
tickets() { "$USHER" tickets "$@" --socket "$home/admin.sock"; }
say() { # CONVERSATION TEXT [INDEX]
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" "${3:-0}")"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
    quiet
}
number() { stored "SELECT display_id FROM ticket WHERE conv = 'web:$1' ORDER BY created_at DESC LIMIT 1"; }
shown() { ask "/v1/tickets/$1" | jq -c "$2"; }

# --- by hand, by number or by the hand-over's id ---------------------------------------
is 'none yet, and it says so' "$(tickets 2>&1)" 'no tickets'
say k1 "$human"
n=$(number k1)
is 'it begins open, with nobody' "$(shown "$n" '[.status, .group, .assignee, .reopens]')" '["open","billing",null,null]'
tickets take "$n" 'Mara Oké' >"$home/said" || fail take
has 'taken: who, and worked on' "$(cat "$home/said")" 'in_progress'
is 'in the API' "$(shown "$n" '[.status, .assignee]')" '["in_progress","Mara Oké"]'
hid=$(stored "SELECT hid FROM handoff WHERE conv = 'web:k1'")
tickets wait "$hid" >/dev/null || fail wait
is 'by the id of its hand-over too' "$(shown "$hid" '.status')" '"waiting"'
tickets move "$n" support >/dev/null || fail move
tickets assign "$n" >/dev/null || fail assign
is 'moved, and given back' "$(shown "$n" '[.group, .assignee]')" '["support",null]'
tickets move "$n" nosuch 2>"$home/said" && fail 'a group that is not there'
has 'a group that is not there is told' "$(cat "$home/said")" 'there is no group "nosuch"'
tickets resolve U-NOTTHERE 2>"$home/said" && fail 'a ticket that is not there'
has 'a ticket that is not there' "$(cat "$home/said")" 'There is no such ticket'
tickets resolve "$n" x 2>/dev/null
is 'too much said: usage' $? 2
tickets take "$n" 2>/dev/null
is 'by whom? usage' $? 2
tickets reolve "$n" 2>/dev/null
is 'no such verb: usage' $? 2
tickets resolve "$n" >/dev/null || fail resolve
is 'resolved, and when' "$(shown "$n" '[.status, (.resolved_at != null)]')" '["resolved",true]'
is 'S176 each has its row in the audit' "$(stored "SELECT group_concat(verb, ' ') FROM (SELECT verb FROM audit WHERE verb LIKE 'ticket.%' ORDER BY n)")" \
    'ticket.take ticket.wait ticket.move ticket.assign ticket.resolve'
is 'it stands in the hand-over' "$(ask "/v1/handoffs/$hid" | jq -c '[.ticket_status, (.resolved_at != null)]')" '["resolved",true]'
is 'and in the conversation' "$(ask /v1/conversations/web:k1 | jq -c '[.ticket.status, .episode]')" '["resolved",1]'
has 'in the list by its state' "$(tickets list --state resolved)" "$n"
is 'and counted' "$(metric tickets_resolved_total)" 1

# --- within the window: the same ticket, open again --------------------------------------
say k1 'One more question.' 1
is 'S176 N16 a message within the window opens it again' "$(shown "$n" '[.status, .reopens, .resolved_at]')" '["open",1,null]'
is 'N16 it stays in its episode and its hand-over' "$(ask /v1/conversations/web:k1 | jq -c '[.episode, .handoff_id]')" "[1,\"$hid\"]"
is 'S176 no second ticket' "$(stored 'SELECT count(*) FROM ticket')" 1
sleep 3.2
is 'N16 its episode goes on: the end was called off' "$(stored "SELECT count(*) FROM ticket WHERE ended_at IS NOT NULL")" 0
tickets close "$n" >/dev/null || fail close
tickets reopen "$n" >/dev/null || fail reopen
is 'a person opens it again, too' "$(shown "$n" '[.status, .reopens]')" '["open",2]'

# --- after it: a new episode ------------------------------------------------------------
tickets resolve "$n" >/dev/null || fail resolve
kill_engine
sleep 3.2
start_engine
ended() { [ "$(stored "SELECT count(*) FROM ticket WHERE ended_at IS NOT NULL")" = "${1:-1}" ]; }
within 10 ended || fail "the episode did not end: $(shown "$n" .)"
is 'N16 after the window it is over, though the engine was killed' "$(shown "$n" '[.status, (.episode_ended_at != null)]')" '["closed",true]'
is 'the hand-over is done' "$(ask "/v1/handoffs/$hid" | jq -r .state)" DONE
is 'N16 the conversation is closed' "$(ask /v1/conversations/web:k1 | jq -c '[.state, .episode]')" '["closed",1]'
say k1 'Hello, me again.' 2
is 'N16 a neutral message after it begins a new episode' "$(ask /v1/conversations/web:k1 | jq -c '[.episode, .handoff_id]')" '[2,null]'
is 'N16 and gives keep' "$(stored "SELECT action FROM decision WHERE conv = 'web:k1' ORDER BY n DESC LIMIT 1")" keep
say k1 "$human" 3
is 'N16 a new hand-over makes a new ticket' "$(stored 'SELECT count(*), count(DISTINCT hid) FROM ticket')" '2|2'
is 'N16 of the second episode' "$(stored "SELECT group_concat(episode) FROM (SELECT episode FROM handoff WHERE conv = 'web:k1' ORDER BY episode)")" '1,2'

# --- who comes back: the customer's last ticket, as it really is (P15) -------------------
m=$(number k1)
back() { # CONVERSATION ID
    count=$((count + 1))
    send "s-$count" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$1\",\"mode\":\"append\",\"first_index\":0,\"customer\":{\"id\":\"$2\"},\"messages\":[{\"role\":\"user\",\"content\":\"$human\"}]}}"
    quiet
}
back k2 c-k1
is 'P15 the same customer elsewhere: it goes on in the open ticket' "$(stored "SELECT display_id || ' ' || relation FROM ticket WHERE conv = 'web:k2'")" "$m appended"
is 'P15 the rules saw it' "$(stored "SELECT json_extract(facts, '$.conversation.known_tickets.last.last_ticket_id') FROM decision WHERE conv = 'web:k2'")" "$m"
is 'and as an open ticket' "$(stored "SELECT json_extract(facts, '$.conversation.known_tickets.open[0].status') FROM decision WHERE conv = 'web:k2'")" open
back k3 c-other
is 'P15 another customer: a new one' "$(stored "SELECT coalesce(relation, 'made') FROM ticket WHERE conv = 'web:k3'")" made
tickets resolve "$m" >/dev/null || fail resolve
is 'both of its hand-overs know' "$(stored "SELECT group_concat(state) FROM ticket WHERE remote_id = (SELECT remote_id FROM ticket WHERE conv = 'web:k2')")" 'resolved,resolved'
back k4 c-k1
is 'P15 a resolved one is not open: a new one' "$(stored "SELECT coalesce(relation, 'made') FROM ticket WHERE conv = 'web:k4'")" made
both() { ended 3; }
within 10 both || fail 'the episodes of both did not end'
is 'N16 the episodes of both are over' "$(ask /v1/conversations/web:k2 | jq -r .state)" closed

# --- what a report tells of it (S110) ------------------------------------------------------
"$USHER" report --socket "$home/admin.sock" --json >"$home/report" || fail report
is 'S110 how many were done, and opened again' "$(jq -c '[.followed.done, .followed.reopened]' "$home/report")" '[3,1]'
has 'S110 in words' "$("$USHER" report --socket "$home/admin.sock")" 'opened again'
"$USHER" decide --replay-all --store "$home/usher.db" >"$home/said" 2>&1 || fail "$(cat "$home/said")"
ok 'what was decided with it is decided so again'
stop_engine
is 'it stops in order' "$status" 0
