#!/bin/sh
# A helpdesk that takes the file and never says under which name: the ticket is
# made without it, once. S26
. "$(dirname "$0")/lib.sh"
start_vendor # it answers {} to an upload
configure
start_engine
jq -cn '{type: "usher.message", data: {conversation_id: "k1", mode: "snapshot", customer: {id: "c-55", name: "Jo"},
    messages: ([range(1499) | {role: (if . % 2 == 0 then "user" else "assistant" end),
        content: "message \(.) of a long conversation, with a few words more in it"}] +
        [{role: "user", content: "I want to talk to a real person"}])}}' >"$home/event"
post e-1 "$home/event"
is 'fifteen hundred messages are taken' "$status" 202
quiet
is 'a ticket all the same' "$(count_of ticket)" 1
is 'which the engine knows' "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:k1'")" 1
is 'nothing is held or open' "$(ask /v1/deliveries | jq '.deliveries | length')" 0
ticket=$(stored "SELECT remote_id FROM ticket")
curl -s -m 5 "http://127.0.0.1:$vendor_port/api/v2/tickets/$ticket/body" >"$home/ticket"
is 'it names no file' "$(jq -r .ticket.comment.uploads "$home/ticket")" null
is 'its requester was found first' "$(jq -r .ticket.requester_id "$home/ticket")" 20978392
has 'the newest message is in it' "$(jq -r .ticket.comment.html_body "$home/ticket")" 'I want to talk to a real person'
stop_engine
is 'it stops in order' "$status" 0
