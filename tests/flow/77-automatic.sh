#!/bin/sh
# S40: what a machine writes back is no customer: no conversation, no ticket,
# no loop between a helpdesk's answer and the chat.
. "$(dirname "$0")/lib.sh"
configure_caught
start_engine
auto() { # CONVERSATION INDEX
    printf '{"type":"usher.message","data":{"conversation_id":"%s","channel":"email","mode":"append","first_index":%d,"messages":[{"role":"user","content":"I am out of office. If it is urgent and you want to talk to a real person, call my lawyer.","headers":{"Auto-Submitted":"auto-replied"}}]}}' "$1" "$2"
}
send e-1 "$(auto k1 0)"
is 'S40 an automatic answer is acknowledged' "$status" 202
quiet
is 'S40 it makes no conversation' "$(stored 'SELECT count(*) FROM conversation')" 0
is 'S40 and no ticket' "$(made | wc -l)" 0
send e-2 "$(message k2 'Where is my invoice?')"
send e-3 "$(auto k2 1)"
quiet
is 'S40 in a conversation it decides nothing' "$(stored "SELECT count(*) FROM handoff")" 0
is 'S40 and is no turn of the customer' "$(ask /v1/conversations/web:k2 | jq -r .turn_count)" 1
send e-4 "$(message k2 'I want to talk to a real person' 2)"
quiet
is 'S40 a person is heard as before' "$(made | wc -l)" 1
send e-5 "$(auto k2 3)"
quiet
is 'S40 after the hand-over it does not go to the ticket' "$(caught desk '^PUT ' | wc -l)" 0
stop_engine
is 'it stops in order' "$status" 0
