#!/bin/sh
# F8 S95: the sender repeats itself, many at a time; one row, one ticket.
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine

body=$home/event
message k1 "$human" >"$body"
now=$(date +%s)
signature=$(sign e-1 "$now" "$body")
# Eight senders, fifty times the same bytes under the same id.
for sender in 1 2 3 4 5 6 7 8; do
    n=6
    [ "$sender" -gt 2 ] || n=7
    {
        i=0
        while [ $i -lt $n ]; do
            printf 'url = "%s/v1/sources/web"\nheader = "Content-Type: application/json"\nheader = "webhook-id: e-1"\nheader = "webhook-timestamp: %s"\nheader = "webhook-signature: v1,%s"\ndata-binary = "@%s"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nsilent\nmax-time = 30\n' \
                "$url" "$now" "$signature" "$body"
            i=$((i + 1))
            [ $i -eq $n ] || echo next
        done
    } >"$home/sender.$sender"
done
pids=''
for sender in 1 2 3 4 5 6 7 8; do
    curl -K "$home/sender.$sender" >"$home/codes.$sender" 2>/dev/null &
    pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
is 'F8 fifty answers, all alike' "$(cat "$home"/codes.* | sort | uniq -c | awk '{print $1, $2}')" '50 202'
quiet
is 'F8 one row' "$(stored 'SELECT count(*) FROM inbound_event')" 1
is 'F8 one message' "$(stored 'SELECT count(*) FROM message')" 1
is 'F8 one hand-over' "$(stored 'SELECT count(*) FROM handoff')" 1
is 'F8 one ticket' "$(count_of ticket)" 1
is 'F8 one notice' "$(count_of usher.reply)" 1
has 'F8 the repeats are counted' "$(ask /metrics)" 'usher_events_repeated_total 49'

# A repeat after a restart is a repeat still.
stop_engine
is 'it stops in order' "$status" 0
start_engine
post e-1 "$body"
is 'F8 after a restart: acknowledged' "$status" 202
quiet
is 'F8 after a restart: one row' "$(stored 'SELECT count(*) FROM inbound_event')" 1
is 'F8 after a restart: one ticket' "$(count_of ticket)" 1

# A new id with the same message: another event, and no second hand-over.
post e-2 "$body"
is 'another id is another event' "$status" 202
quiet
is 'two rows now' "$(stored 'SELECT count(*) FROM inbound_event')" 2
is 'S95 and still one ticket' "$(count_of ticket)" 1
