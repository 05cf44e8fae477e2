#!/bin/sh
# Whatever becomes of the request that makes a ticket, it ends as one ticket;
# and a customer who is told learns its number. S22 S35
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine
n=0
for fault in 500 500x rst lose cut garbage late; do
    n=$((n + 1))
    control "{\"fault\":\"$fault\",\"every\":1,\"on\":\"ticket\",\"count\":2}" >/dev/null
    send "e-$n" "$(message "k$n" "$human")"
    is "S22 $fault: the event is acknowledged" "$status" 202
    there() { [ "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:k$n'")" = 1 ]; }
    within 90 there || fail "S22 $fault: no ticket: $(ask /v1/deliveries)"
    control '{"fault":"none"}' >/dev/null
    quiet 60
    hid=$(stored "SELECT hid FROM handoff WHERE conv = 'web:k$n'")
    is "S22 $fault, twice: one ticket in the end" "$(ledger "select(.kind == \"ticket\" and .id == \"$hid\") | .id" | wc -l | tr -d ' ')" 1
    is "S22 S35 $fault: the one that we know" "$(stored "SELECT remote_id FROM ticket WHERE conv = 'web:k$n'")" \
        "$(ledger "select(.kind == \"ticket\" and .id == \"$hid\") | .more")"
done
is 'S22 seven tickets' "$(count_of ticket)" 7
is 'each customer is told once' "$(count_of usher.reply)" 7
stop_engine
is 'it stops in order' "$status" 0
