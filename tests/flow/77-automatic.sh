#!/bin/sh
# S40: what a machine writes back is no customer: no conversation, no ticket,
# no loop between a helpdesk's answer and the chat. N16
. "$(dirname "$0")/lib.sh"
cp -r "$root/tests/policy" "$home/rules"
cat >"$home/rules/repeats.lua" <<'L'
rule "three times" { when = repeats(3), escalate = { reason = "repeated_question", next_step = "Answer." } }
L
configure_caught '' "$home/rules"
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
# A hundred answers of a responder, every other one unmarked, every one asking
# for a person, and ours between them: one ticket.
n=0
send p-0 "$(message k5 'I want to talk to a real person' 0)"
quiet
while [ $n -lt 50 ]; do
    send "p-a$n" "$(auto k5 $((2 * n + 1)))"
    send "p-b$n" "$(message k5 "Your message was received. I want to talk to a real person. ($n)" $((2 * n + 2)))"
    n=$((n + 1))
done
quiet
is 'N16 a responder writes a hundred times: one ticket' "$(stored "SELECT count(*) FROM handoff WHERE conv = 'web:k5'")" 1
is 'N16 one in the helpdesk too' "$(made | wc -l)" 2

# Resolved, and written again: a new episode, which begins to count anew. Twice
# asked before and once after is no repetition; three times without a pause is.
asked='where is my order 4711 please'
answered() { # CONVERSATION INDEX
    printf '{"type":"usher.message","data":{"conversation_id":"%s","channel":"web","mode":"append","first_index":%d,"messages":[{"role":"assistant","content":"It is on its way."}]}}' "$1" "$2"
}
for chat in k6 k7; do
    send "r-$chat-0" "$(message $chat "$asked" 0)"
    send "r-$chat-1" "$(answered $chat 1)"
    send "r-$chat-2" "$(message $chat "$asked" 2)"
    send "r-$chat-3" "$(answered $chat 3)"
done
send e-6 '{"type":"usher.session.ended","data":{"conversation_id":"k6","outcome":"resolved_confirmed"}}'
quiet
for chat in k6 k7; do send "r-$chat-4" "$(message $chat "$asked" 4)"; done
quiet
last() { ask "/v1/conversations/web:$1" | jq -c '[.episode, .decision.action]'; }
is 'N16 reopened: the next message stays with the AI' "$(last k6)" '[2,"keep"]'
is 'N16 and without a new episode it is the third time' "$(last k7)" '[1,"escalate"]'

stop_engine
is 'it stops in order' "$status" 0
