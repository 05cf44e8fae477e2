#!/bin/sh
# What a customer writes after the hand-over comes to the ticket in the order
# in which it was written, all of it, while the helpdesk has its moods.
# S59
. "$(dirname "$0")/lib.sh"
configure_caught
start_engine

send o-0 "$(message o "$human")"
ticketed() { [ "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:o'")" = 1 ]; }
within 30 ticketed || fail "no ticket: $(ask /v1/deliveries)"
quiet
puts() { caught desk '^PUT '; }
before=$(puts | wc -l)
said() { for file in $(puts | tail -n +$((before + 1))); do grep -o 'word-[0-9]*' "$file" | head -n 1; done | tr '\n' ' '; }

printf '429\n{}' >"$home/desk/reply"
for n in 1 2 3; do
    send "o-$n" "$(message o "word-$n" "$n")"
done
tried() { [ "$(puts | wc -l)" -gt "$before" ]; }
within 30 tried || fail "no update is tried: $(ask /v1/deliveries)"
sleep 1
is 'S59 none goes before the first one' "$(said | xargs -n 1 | sort -u | xargs)" word-1
rm "$home/desk/reply"
quiet 60
is 'S59 then all, in order' "$(said | xargs -n 1 | uniq | xargs)" 'word-1 word-2 word-3'

# More at once than a hand-over has deliveries.
before=$(puts | wc -l)
many='{"type":"usher.message","data":{"conversation_id":"o","mode":"append","first_index":4,"messages":['
for n in $(seq 101 130); do many="$many{\"role\":\"user\",\"content\":\"word-$n\"},"; done
send o-many "${many%,}]}}"
quiet 60
is 'S59 thirty at once: every one, in order' "$(said)" "$(seq -f 'word-%g' 101 130 | tr '\n' ' ')"
stop_engine
is 'it stops in order' "$status" 0
