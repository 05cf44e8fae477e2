#!/bin/sh
# S44: an AI hands over by a call of its own and learns the ticket; asking
# twice is asking once; /v1/decide only answers.
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine

call='{"conversation_id":"e1","reason":"customer_request","summary":"Wants a refund for order 88213.","customer":{"id":"c-1","name":"Mara Okafor","email":"mara@customer.example"},"messages":[{"role":"customer","text":"I want my money back."},{"role":"ai","text":"Let me get somebody."}]}'
send s-1 "$call" /v1/escalations -H 'Prefer: wait=15'
is 'S44 answered when the ticket is there' "$status" 200
is 'S44 its state' "$(answer | jq -r .status)" ticketed
ticket=$(ledger 'select(.kind == "ticket") | .more')
is 'S44 S35 the ticket in the answer is the one at the vendor' "$(answer | jq -r .ticket.id)" "$ticket"
hid=$(answer | jq -r .handoff_id)
is 'S44 so is the hand-over' "$(ledger 'select(.kind == "ticket") | .id')" "$hid"
bytes=$(curl -s "http://127.0.0.1:$vendor_port/api/v2/tickets/$ticket/body")
has 'S44 the summary of the AI is in the ticket' "$bytes" 'Wants a refund for order 88213.'
has 'S44 so is the transcript' "$bytes" 'I want my money back.'

send s-1 "$call" /v1/escalations -H 'Prefer: wait=15'
is 'S44 a repeat is answered alike' "$status" 200
is 'S44 with the same hand-over' "$(answer | jq -r .handoff_id)" "$hid"
is 'S44 and the same ticket' "$(answer | jq -r .ticket.id)" "$ticket"
send s-2 "$call" /v1/escalations -H 'Prefer: wait=15'
is 'S44 another call for the same conversation' "$(answer | jq -r .handoff_id)" "$hid"
quiet
is 'S44 S95 one ticket' "$(count_of ticket)" 1
is 'S44 one notice' "$(count_of usher.reply)" 1

# Nobody waits: kept, and the ticket comes later.
control '{"delay_ms":700}' >/dev/null
send s-3 '{"conversation_id":"e3","messages":[{"role":"customer","text":"A person, please."}]}' /v1/escalations
is 'S44 without waiting: pending' "$status" 202
is 'S44 and says so' "$(answer | jq -r .status)" pending
[ "$(answer | jq -r '.handoff_id | length')" -gt 10 ] || fail "no hand-over named: $(answer)"
ok 'S44 and names the hand-over'
send s-4 '{"conversation_id":"e4","messages":[{"role":"customer","text":"A person, please."}]}' /v1/escalations -H 'Prefer: respond-async, wait=1'
case $status in 200 | 202) ok 'S44 a short wait ends by itself' ;; *) fail "short wait: $status $(answer)" ;; esac
control '{"delay_ms":0}' >/dev/null
quiet
is 'S44 every call has its ticket' "$(count_of ticket)" 3

send s-5 '{"messages":[]}' /v1/escalations
is 'S44 without a conversation: refused' "$status" 422
has 'S44 and told why' "$(answer)" conversation_id
SIGNATURE=bm8= send s-6 "$call" /v1/escalations
is 'S44 unsigned: refused' "$status" 401

before=$(stored 'SELECT (SELECT count(*) FROM inbound_event) || (SELECT count(*) FROM decision)')
send d-1 '{"id":"d1","messages":[{"role":"customer","text":"I want to talk to a real person, please."}]}' /v1/decide
[ "$status" = 200 ] || fail "/v1/decide: $status $(answer)"
ok '/v1/decide answers'
is '/v1/decide would hand over' "$(answer | jq -r .action)" escalate
has '/v1/decide names the rule' "$(answer)" 'asked for a person'
send d-2 '{"id":"d2","messages":[{"role":"customer","text":"What are your opening hours?"}]}' /v1/decide
[ "$(answer | jq -r .action)" != escalate ] || fail "/v1/decide: $(answer)"
ok '/v1/decide would leave a plain question to the AI'
SIGNATURE=bm8= send d-3 '{"id":"d3","messages":[]}' /v1/decide
is '/v1/decide wants a signature' "$status" 401
quiet
is '/v1/decide keeps nothing' "$(stored 'SELECT (SELECT count(*) FROM inbound_event) || (SELECT count(*) FROM decision)')" "$before"
is '/v1/decide makes no ticket' "$(count_of ticket)" 3
stop_engine
is 'it stops in order' "$status" 0
