#!/bin/sh
# Tickets that take more than one request: a transcript that is too long goes up
# as a file first, a customer without an address is found or made first; and a
# conversation that outgrows what is kept. S16 S18 S26 S27
. "$(dirname "$0")/lib.sh"
configure_caught
start_engine

# ticket_of CONVERSATION: the request that made its ticket, as JSON
ticket_of() {
    hid=$(stored "SELECT hid FROM handoff WHERE conv = 'web:$1'")
    [ -n "$hid" ] || fail "$1 was not handed over"
    for file in $(made); do
        body_of "$file" | jq -c --arg hid "$hid" 'select(.ticket.external_id == $hid) | .ticket'
    done
}
with() { # CONVERSATION TEXT MEMBERS
    printf '{"type":"usher.message","data":{"conversation_id":"%s","channel":"web","mode":"append","first_index":0,"messages":[{"role":"user","content":"%s"}]%s}}' "$1" "$2" "${3:-}"
}

# --- longer than the helpdesk takes ---------------------------------------------------------
seq -f 'message %04g of a long conversation, with a few words more in it' 1 1499 >"$home/texts"
echo 'I want to talk to a real person, for the second time' >>"$home/texts"
jq -cnR '[inputs] as $texts | {type: "usher.message", data: {conversation_id: "k10", mode: "snapshot",
    messages: [$texts | to_entries[] | {role: (if .key % 2 == 1 then "user" else "assistant" end), content: .value}]}}' \
    "$home/texts" >"$home/event"
post e-10 "$home/event"
is 'S26 fifteen hundred messages are taken' "$status" 202
quiet
ticket_of k10 >"$home/ticket"
jq -rj .comment.html_body "$home/ticket" >"$home/html"
[ "$(wc -c <"$home/html")" -le 64000 ] || fail "S26: $(wc -c <"$home/html") bytes"
ok "S26 the text keeps to the limit: $(wc -c <"$home/html") bytes"
has 'S26 the newest message is in it' "$(cat "$home/html")" 'for the second time'
has 'S26 the first question too' "$(cat "$home/html")" 'message 0002 of a long conversation'
has 'S26 it says that more is attached' "$(cat "$home/html")" 'the full transcript is attached'
upload=$(caught desk '^POST /api/v2/uploads')
[ -n "$upload" ] || fail 'S26 nothing was uploaded'
is 'S26 the ticket names the file' "$(jq -r '.comment.uploads | length' "$home/ticket")" 1
body_of "$upload" | grep -E '^(message [0-9]{4} of|I want to talk)' >"$home/there"
is 'S16 S26 the file has every message, in order' "$(sha256sum <"$home/there")" "$(sha256sum <"$home/texts")"

# --- one person, two conversations at the same time --------------------------------------------
for n in 11 12; do
    with k$n 'human please' ',"customer":{"id":"c-55","name":"Jo"}' >"$home/event.$n"
    (post e-$n "$home/event.$n") &
    eval "pid_$n=\$!"
done
wait "$pid_11" && wait "$pid_12"
quiet
is 'S27 who has no address is found or made by id' "$(for file in $(caught desk '^POST /api/v2/users/create_or_update '); do body_of "$file" | jq -r .user.external_id; done | sort -u)" c-55
is 'S18 S27 both conversations have one requester' "$(for k in k11 k12; do ticket_of $k | jq -r .requester_id; done | sort | uniq -c | awk '{print $1, $2}')" '2 20978392'

# More messages than a conversation may have, a bodyful at a time: a human
# takes it from there.
many() { # FIRST COUNT
    jq -cn --argjson first "$1" --argjson count "$2" '{type: "usher.message",
        data: {conversation_id: "m1", mode: "append", first_index: $first,
        messages: [range($count) | {role: "user", content: "hello"}]}}'
}
for first in 0 2500; do
    many $first 2500 >"$home/many"
    post "m-$first" "$home/many"
    is "too many messages in one conversation: $first and on" "$status" 202
    quiet
done
is 'up to there they are kept' "$(stored "SELECT count(*) FROM message WHERE conv = 'web:m1'")" 5000
many 5000 10 >"$home/many"
post m-5000 "$home/many"
is 'too many: acknowledged even so' "$status" 202
quiet
is 'too many: a human takes it from here' "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:m1'")" 1
is 'too many: the event is on record' "$(stored "SELECT state FROM inbound_event WHERE ekey = 'm-5000'")" POISON
has 'too many: with the reason' "$(stored "SELECT err FROM inbound_event WHERE ekey = 'm-5000'")" 5000

stop_engine
is 'it stops in order' "$status" 0
