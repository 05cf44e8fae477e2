#!/bin/sh
# Nothing on the way waits without a reason: the ticket's request leaves at
# once, the customer hears of it within two seconds. The limits are far from
# what a quiet machine needs. S115 S129
. "$(dirname "$0")/lib.sh"
start_vendor --delay-ms 5
configure
start_engine

# One after the other: from the event to the request that makes the ticket.
for n in 1 2 3 4 5 6 7 8 9 10; do
    send "e-$n" "$(message "a$n" "$human")"
    [ "$status" = 202 ] || fail "event $n: $status"
    quiet
done
waits="SELECT min(d.first_sent - e.recv_at) FROM delivery d JOIN inbound_event e ON e.conv = d.conv WHERE d.kind = 'ticket'"
best=$(stored "$waits")
[ "$best" -lt 100 ] || fail "S129 the ticket waits $best ms even alone"
ok "S129 the ticket's request leaves at once ($best ms after the event)"

# Four senders at a time.
for sender in 1 2 3 4; do
    (
        home=$home/sender.$sender
        mkdir "$home"
        n=0
        while [ $n -lt 50 ]; do
            n=$((n + 1))
            send "s$sender-$n" "$(message "s$sender-$n" "$human")"
            [ "$status" = 202 ] || echo "$status" >>"$home/failed"
        done
    ) &
    eval "sender_$sender=\$!"
done
wait "$sender_1" "$sender_2" "$sender_3" "$sender_4"
[ -z "$(cat "$home"/sender.*/failed 2>/dev/null)" ] || fail 'events were refused'
quiet 60
is 'S115 every customer is told' "$(count_of usher.reply)" 210
late=$(stored "SELECT d.first_sent - c.at FROM delivery d JOIN decision c ON c.conv = d.conv AND c.action = 'escalate' WHERE d.kind = 'notice' ORDER BY 1 DESC LIMIT 1 OFFSET 2")
[ "$late" -le 2000 ] || fail "S115 one in a hundred waits $late ms for a word"
ok "S115 within two seconds of the decision at p99 ($late ms)"
stop_engine
is 'it stops in order' "$status" 0
