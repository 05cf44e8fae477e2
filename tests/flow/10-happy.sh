#!/bin/sh
# One conversation all the way: a signed event becomes a decision, a ticket at
# the vendor with its whole context, a notice to the customer and a stopped AI.
# S1 S4 S16 S18 S22 S28 S33 S35 S37 S44 S56 S59 S95
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine

send e-1 '{"type":"usher.message","data":{"conversation_id":"k1","channel":"web","mode":"append","first_index":0,"customer":{"id":"c-7","name":"Mara Okafor","email":"mara@customer.example"},"attributes":{"order_number":"88213"},"messages":[{"role":"user","content":"Where is my parcel 88213?"},{"role":"assistant","content":"It is on its way."}]}}'
is 'S4 a signed event is acknowledged' "$status" 202
quiet
is 'S95 nothing is handed over without a reason' "$(stored 'SELECT count(*) FROM handoff')" 0
send e-2 '{"type":"usher.message","data":{"conversation_id":"k1","channel":"web","mode":"append","first_index":2,"customer":{"id":"c-7","name":"Mara Okafor","email":"mara@customer.example"},"messages":[{"role":"user","content":"I want to talk to a real person, my lawyer says so."}]}}'
is 'S4 the next event is acknowledged' "$status" 202
quiet
is 'S1 the events are on disk and applied' "$(stored "SELECT count(*) FROM inbound_event WHERE state = 'APPLIED'")" 2
[ "$(stored 'SELECT count(*) FROM decision')" -ge 1 ] || fail 'no decision was kept'
ok 'S1 the decision is kept'
is 'S22 the vendor has one ticket' "$(count_of ticket)" 1
is 'S95 two rules match, one hand-over' "$(stored 'SELECT count(*) FROM handoff')" 1
hid=$(stored 'SELECT hid FROM handoff')
is 'S22 the ticket carries the id of the hand-over' "$(ledger 'select(.kind == "ticket") | .id')" "$hid"
ticket=$(ledger 'select(.kind == "ticket") | .more')
tried=$(ask "/v1/deliveries/$(stored "SELECT did FROM delivery WHERE kind = 'ticket'")" | jq -c '[.attempts[] | [.try, .class, .status, (.ended_at >= .started_at)]]')
is 'what worked at once is one attempt' "$tried" '[[1,"done",201,true]]'
is 'S35 the ticket that we know is the one they made' "$(ask /v1/tickets | jq -r '.tickets[0].id // .tickets[0].native_id')" "$ticket"

bytes=$(curl -s "http://127.0.0.1:$vendor_port/api/v2/tickets/$ticket/body")
for text in 'Where is my parcel 88213?' 'It is on its way.' 'my lawyer says so'; do
    has "S16 the transcript has: $text" "$bytes" "$text"
done
has 'S18 S56 the customer by name' "$bytes" 'Mara Okafor'
has 'S18 S56 the customer by address' "$bytes" 'mara@customer.example'
has 'S56 the order number' "$bytes" 88213
case $bytes in *'"null"'*) fail 'S56 an absent detail was written as null' ;; esac
ok 'S56 what is absent is left out'
has 'S28 the tag of origin' "$bytes" ai-handoff

is 'S33 one notice in the same conversation' "$(ledger 'select(.kind == "usher.reply") | .id')" k1
is 'S37 S59 the AI is told to stop, once' "$(count_of usher.ai.stop)" 1
order=$(ledger .kind | tr '\n' ' ')
case $order in *ticket*usher.reply*) ok 'S35 the notice comes after the ticket' ;;
*) fail "S35 order of events: $order" ;; esac

send e-3 "$(message k1 'Are you still there? I want a human.' 3)"
is 'S59 later messages are kept' "$status" 202
quiet
is 'S59 S95 and make no second ticket' "$(count_of ticket)" 1
[ "$(count_of update)" -ge 1 ] || fail 'S59 the message was not forwarded to the ticket'
ok 'S59 the message is forwarded to the ticket'
is 'S59 nor a second notice' "$(count_of usher.reply)" 1
has 'S1 the administrator sees the conversation' "$(ask /v1/conversations/web:k1)" "$hid"
has 'S1 the administrator sees the hand-over' "$(ask "/v1/handoffs/$hid")" "$hid"
has 'metrics are there' "$(ask /metrics)" usher_events_kept_total

send s-1 '{"conversation_id":"k2","reason":"customer asks for a refund","customer":{"id":"c-8","email":"jo@customer.example"},"messages":[{"role":"customer","text":"I want my money back"}]}' /v1/escalations -H 'Prefer: wait=10'
[ "$status" = 200 ] || fail "S44: $status $(answer)"
ok "S44 the AI may ask for a hand-over itself"
has 'S44 and gets the ticket' "$(answer)" '"ticketed"'
quiet
stop_engine
is 'SIGTERM ends it in order' "$status" 0
is 'the rules that decided are kept' "$(stored "SELECT count(*) > 0 FROM decision d JOIN policy p ON p.hash = d.policy_sha WHERE p.files LIKE '%asked for a person%'")" 1
