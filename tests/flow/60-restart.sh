#!/bin/sh
# F1: the engine goes away with work in flight, politely and not; a second one
# on the same file is refused; nothing is lost or doubled. S4
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine

# Politely, while the helpdesk takes its time.
control '{"delay_ms":1500}' >/dev/null
for n in 1 2 3 4 5 6; do
    send "e-$n" "$(message "k$n" "$human")"
    [ "$status" = 202 ] || fail "event $n: $status"
done
stop_engine
is 'SIGTERM with work in flight ends in order' "$status" 0
is 'S4 what was acknowledged is on disk' "$(stored 'SELECT count(*) FROM inbound_event')" 6
control '{"delay_ms":0}' >/dev/null
start_engine
quiet 60
is 'after the start every event is applied' "$(stored "SELECT count(*) FROM inbound_event WHERE state = 'APPLIED'")" 6
tickets() { ledger 'select(.kind == "ticket") | .id' | sort | uniq -c | awk '{print $1}' | sort -u | tr '\n' ' '; }
is 'six tickets' "$(count_of ticket)" 6
is 'each once' "$(tickets)" '1 '
is 'six notices' "$(count_of usher.reply)" 6

# A second engine on the same file.
sed -e "s/127.0.0.1:$public/127.0.0.1:0/" -e 's/admin\.sock/second.sock/' \
    "$home/usher.conf.lua" >"$home/second.conf.lua"
timeout 20 "$USHER" serve -c "$home/second.conf.lua" >"$home/said" 2>&1 </dev/null
code=$?
[ $code -ne 0 ] && [ $code -lt 124 ] || fail "the second engine ended with $code"
has 'a second engine on the same file is refused' "$(cat "$home/said")" usher.db
is 'the first one is not disturbed' "$(ask /healthz | jq -r .status)" up

# Killed, with requests under way to the helpdesk and events just taken.
control '{"delay_ms":1500}' >/dev/null
for n in 7 8 9 10 11 12; do
    send "e-$n" "$(message "k$n" "$human")"
    [ "$status" = 202 ] || fail "event $n: $status"
done
kill_engine
control '{"delay_ms":0}' >/dev/null
start_engine
quiet 60
is 'F1 after a kill every event is applied' "$(stored "SELECT count(*) FROM inbound_event WHERE state = 'APPLIED'")" 12
is 'F1 twelve tickets' "$(count_of ticket)" 12
is 'F1 each once' "$(tickets)" '1 '
is 'F1 twelve notices' "$(count_of usher.reply)" 12

# Killed at once after the acknowledgement, several times.
for n in 13 14 15 16 17; do
    send "e-$n" "$(message "k$n" "$human")"
    [ "$status" = 202 ] || fail "event $n: $status"
    kill_engine
    start_engine
done
quiet 60
is 'S4 kill after the acknowledgement: all applied' "$(stored "SELECT count(*) FROM inbound_event WHERE state = 'APPLIED'")" 17
is 'S4 all with a ticket' "$(count_of ticket)" 17
is 'S4 each once' "$(tickets)" '1 '
for n in 1 7 13; do
    send "e-$n" "$(message "k$n" "$human")"
    [ "$status" = 202 ] || fail "repeat of event $n: $status"
done
quiet
is 'F8 repeats after all that change nothing' "$(count_of ticket)" 17
stop_engine
is 'it stops in order' "$status" 0
is 'the store is sound' "$(sqlite3 "$home/usher.db" 'PRAGMA integrity_check')" ok
