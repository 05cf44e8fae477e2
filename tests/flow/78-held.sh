#!/bin/sh
# A ticket that is held for a person: what the customer says meanwhile waits
# for it; and held deliveries are found by their state.
# S22 S59 S95
. "$(dirname "$0")/lib.sh"
configure_caught
start_engine

held() { [ "$(ask '/v1/deliveries?state=HELD' | jq '.deliveries | length')" = 1 ]; }
puts() { caught desk '^PUT ' | wc -l | tr -d ' '; }
for again in running started; do
    # --- refused, and the customer goes on writing ---------------------------------
    printf '422\n{"error":"RecordInvalid"}' >"$home/desk/answer"
    send "a-$again" "$(message "$again" "$human")"
    within 30 held || fail "$again: not held: $(ask /v1/deliveries)"
    ok "$again: the ticket is held"
    : >"$home/mark"
    send "b-$again" "$(message "$again" 'Are you still there?' 1)"
    send "c-$again" "$(message "$again" 'Hello again?' 2)"
    quiet
    is "$again: what is said meanwhile is sent to no ticket" "$(find "$home/desk" -newer "$home/mark" -name '0*' ! -name '*.part' | wc -l)" 0
    is "$again: and is not lost" "$(stored "SELECT state FROM delivery WHERE kind = 'update' AND conv = 'web:$again'" | tr '\n' ' ')" 'READY READY '
    if [ "$again" = started ]; then
        kill_engine
        start_engine
        quiet
    fi
    rm "$home/desk/answer"
    before=$(puts)
    did=$(ask '/v1/deliveries?state=held' | jq -r '.deliveries[0].id')
    ask "/v1/deliveries/$did/retry" -X POST >/dev/null
    all_there() { [ "$(puts)" = $((before + 2)) ]; }
    within 30 all_there || fail "$again: after the ticket: $(ask /v1/deliveries)"
    ok "$again: after the ticket both follow"
    quiet
    is "$again: to the ticket" "$(caught desk '^PUT ' | tail -n 2 | xargs grep -h '^PUT' | cut -d' ' -f2 | sort -u)" "/api/v2/tickets/$(stored "SELECT remote_id FROM ticket WHERE conv = 'web:$again'")"
    is "$again: and nothing is left" "$(ask /v1/deliveries | jq '.deliveries | length')" 0
done

# --- the states of lists -----------------------------------------------------------------
code_of() { ask "$1" -o "$home/answer" -w '%{http_code}'; }
for state in DONE done Done; do
    is "deliveries: $state" "$(ask "/v1/deliveries?state=$state" | jq -r '.deliveries[].state' | sort -u)" DONE
done
is 'an unknown state is refused' "$(code_of '/v1/deliveries?state=sent')" 422
has 'with those there are' "$(jq -r .detail "$home/answer")" 'READY, LEASED, UNCERTAIN, RECONCILING, DONE, HELD, DEAD'
is 'a part of a name is none' "$(code_of '/v1/deliveries?state=DON')" 422
is 'tickets: by state' "$(ask '/v1/tickets?state=OPEN' | jq '.tickets | length')" 2
is 'tickets: an unknown one is refused' "$(code_of '/v1/tickets?state=READY')" 422
has 'tickets: with those there are' "$(jq -r .detail "$home/answer")" 'open, in_progress, waiting, resolved, closed'
is 'conversations: an unknown one is refused' "$(code_of '/v1/conversations?state=open')" 422
"$USHER" deliveries -c "$home/usher.conf.lua" --state done list >"$home/said" 2>&1 || fail "deliveries: $(cat "$home/said")"
ok 'deliveries: in lower case on the command line'
"$USHER" deliveries -c "$home/usher.conf.lua" --state sent list >"$home/said" 2>&1 && fail 'deliveries: an unknown state'
has 'deliveries: an unknown one says which there are' "$(cat "$home/said")" 'UNCERTAIN'
"$USHER" deliveries -c "$home/usher.conf.lua" --state 'DONE&limit=1' list >"$home/said" 2>&1
is 'deliveries: and no other parameter gets in' $? 2

stop_engine
is 'it stops in order' "$status" 0
