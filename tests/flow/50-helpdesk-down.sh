#!/bin/sh
# F13: the helpdesk is down and comes back: every ticket once, nobody else is
# disturbed. A refused key holds its deliveries for a person. S22
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine

control '{"fault":"503","every":1,"on":"ticket"}' >/dev/null
for n in 1 2 3 4 5; do
    send "e-$n" "$(message "k$n" "$human")"
    [ "$status" = 202 ] || fail "F13 event $n while the helpdesk is down: $status"
done
ok 'F13 events are acknowledged while the helpdesk is down'
five_open() { [ "$(ask /v1/tickets | jq '.tickets | length')" = 0 ] && [ "$(stored 'SELECT count(*) FROM handoff')" = 5 ]; }
within 15 five_open || fail "F13 hand-overs: $(stored 'SELECT count(*) FROM handoff')"
ok 'F13 the hand-overs are decided'
retried() { stored "SELECT count(*) FROM attempt WHERE http = 503" | grep -q '[1-9]'; }
within 15 retried || fail 'F13 no attempt is on record'
ok 'F13 the attempts are on record'
is 'F13 no ticket yet' "$(count_of ticket)" 0
open=$(ask /v1/deliveries | jq '[.deliveries[] | select(.kind == "ticket" and .state != "done" and .state != "DONE")] | length')
is 'F13 the administrator sees what waits' "$open" 5
is 'F13 the engine is alive' "$(ask /healthz | jq -r .status)" up
control '{"fault":"none"}' >/dev/null
quiet 60
is 'F13 every ticket is there, once' "$(ledger 'select(.kind == "ticket") | .id' | sort -u | wc -l) of $(count_of ticket)" '5 of 5'
is 'F13 every customer is told, once' "$(count_of usher.reply)" 5

# A storm of 429 with Retry-After.
control '{"fault":"429","every":1,"on":"ticket","count":2}' >/dev/null
send e-6 "$(message k6 "$human")"
quiet 60
is 'F13 after a 429: one more ticket' "$(count_of ticket)" 6

# The other side of an outage: the answer is lost, not the ticket.
control '{"fault":"lose","every":1,"on":"ticket","count":1}' >/dev/null
send e-7 "$(message k7 "$human")"
quiet 60
is 'F11 a lost answer: one more ticket' "$(count_of ticket)" 7

# The key is refused: held, listed, and sent when a person says so.
control '{"fault":"401","every":1,"on":"ticket"}' >/dev/null
send e-8 "$(message k8 "$human")"
held() { [ "$(ask '/v1/deliveries?state=HELD' | jq '.deliveries | length')" = 1 ]; }
within 30 held || fail "401: not held: $(ask /v1/deliveries)"
ok 'a refused key holds the delivery'
did=$(ask '/v1/deliveries?state=HELD' | jq -r '.deliveries[0].id')
[ -n "$did" ] && [ "$did" != null ] || fail "the list names no id: $(ask '/v1/deliveries?state=HELD')"
why=$(ask "/v1/deliveries/$did")
has 'the delivery says why' "$why" 401
is 'no ticket was made' "$(count_of ticket)" 7
control '{"fault":"none"}' >/dev/null
code=$(ask "/v1/deliveries/$did/retry" -X POST -o "$home/answer" -w '%{http_code}')
[ "$code" -lt 300 ] || fail "retry: $code $(answer)"
ok 'a person may retry it'
eight() { [ "$(count_of ticket)" = 8 ]; }
within 90 eight || fail "after the retry: $(count_of ticket) tickets; $(ask "/v1/deliveries/$did")"
ok 'and then the ticket is made'
quiet 60
code=$(ask "/v1/deliveries/$did/retry" -X POST -o "$home/answer" -w '%{http_code}')
is 'what is done cannot be retried' "$code" 409
code=$(ask /v1/deliveries/nothing -o "$home/answer" -w '%{http_code}')
is 'an unknown delivery is not found' "$code" 404
is 'every ticket once' "$(ledger 'select(.kind == "ticket") | .id' | sort | uniq -d | wc -l | tr -d ' ')" 0
stop_engine
is 'it stops in order' "$status" 0
