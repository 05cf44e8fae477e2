#!/bin/sh
# rt.sh USHER: a real Request Tracker 5 behind a real usher, both on loopback
# and both killed once in the middle. Ten events for eight conversations (two
# are exact repeats) must end as eight tickets, each read back over REST2 and
# compared: the id of the hand-over, requester, priority, queue and text.
set -eu
usher=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-e2e-rt.XXXXXX")
rt=$home/rt rt_root=e2e-root-password rt_pid='' usher_pid=''
# shellcheck source=tests/e2e/rt-lib.sh
. "$here/rt-lib.sh"

stop() {
    usher_kill
    rt_kill
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

for need in curl jq openssl setsid /usr/sbin/rt-setup-database-5 \
    /usr/share/request-tracker5/libexec/rt-server; do
    command -v "$need" >/dev/null || fail "$need is not installed (request-tracker5, rt5-db-sqlite, rt5-standalone)"
done

# --- what is sent -----------------------------------------------------------

# talk ID CUSTOMER: stdin is a JSON list of texts, the customer's first, in
# turns; the file $home/ID.json is the event.
talk() {
    jq -c --arg id "$1" --argjson customer "$2" '{
        type: "usher.message",
        data: ({
            conversation_id: $id, channel: "web", mode: "snapshot",
            customer: $customer,
            attributes: {order_number: "88213"},
            messages: [to_entries[] | {
                role: (if .key % 2 == 0 then "user" else "assistant" end),
                content: .value
            }]
        } | if .customer == null then del(.customer) else . end)
    }' >"$home/$1.json"
}

person() { jq -nc --arg n "$1" --arg e "$2" '{id: $e, name: $n, email: $e}'; }

make_talks() {
    jq -nc '["Where is my parcel 88213?", "It is on its way.",
        "I want to talk to a real person, please."]' |
        talk c1 "$(person 'Mara Lind' mara@customer.test)"
    jq -nc '[range(1998) | "Line \(. + 10001) of a very long talk about one parcel."]
        + ["Nothing of this has helped me so far.", "I am sorry to hear that."]
        | .[1998] = "So I want to talk to a real person about these lines."' |
        talk c2 "$(person 'Jo Doe' jo@customer.test)"
    jq -nc '["\ud83d\udce6\ud83d\ude21 where is my box? \ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
        "\u0627\u0644\u0637\u0631\u062f \u0641\u064a \u0627\u0644\u0637\u0631\u064a\u0642 \u05d0\u05e0\u05d0 \u05d4\u05de\u05ea\u05df",
        "<script>alert(\"1\")</script> & <b>bold</b> \u2014 I want to talk to a real person \ud83d\ude4f"]' |
        talk c3 "$(person 'Zoë Ünal' zoe@customer.test)"
    jq -nc '["My code does not work.", "Which code is it?",
        "I want to talk to a real person and give no name."]' |
        talk c4 null
    jq -nc '["The box was empty!", "Can you send a photo?",
        "No. I want to talk to a real person now."]' |
        talk c5 "$(person 'Ada Kern' ada@customer.test)"
    jq -nc '["You broke my lamp.", "I am sorry.",
        "My lawyer will write. I want to talk to a real person first."]' |
        talk c6 "$(person 'Lee Roth' lee@customer.test)"
    jq -nc '["Can I change my address?", "Only before it is sent.",
        "Then I want to talk to a real person about it."]' |
        talk c7 "$(person 'Ira Moss' ira@customer.test)"
    jq -nc '["Two parcels, one label.", "That should not happen.",
        "It did; I want to talk to a real person."]' |
        talk c8 "$(person 'Kim Vale' kim@customer.test)"
}

# --- what must be there -----------------------------------------------------

handoff_of() { usher_ask "/v1/conversations/web:$1" | jq -er '.handoff_id'; }

# RT holds a ticket with an id for each of the eight.
eight_there() {
    tickets=$(rt_tickets) || return 1
    [ "$(printf %s "$tickets" | jq '[.[] | .CustomFields[]? |
        select(.name == "usher_id") | .values[]] | unique | length')" -ge 8 ]
}

# usher knows eight tickets, and nothing of their hand-overs is on its way.
usher_settled() {
    known=$(usher_ask '/v1/tickets?limit=100' | jq -r '.tickets[].handoff_id') || return 1
    [ "$(echo "$known" | wc -w)" = 8 ] || return 1
    for each in $known; do
        usher_ask "/v1/handoffs/$each" |
            jq -e '.deliveries | length > 0 and all(.state == "DONE")' >/dev/null || return 1
    done
}

# same WHAT GOT WANTED
same() {
    [ "$2" = "$3" ] || fail "$1: is '$2', should be '$3'"
    ok "$1"
}

# Each message stands in the texts of the ticket, in the order it was said.
in_order() {
    jq -en --rawfile text "$2" --slurpfile event "$1" '
        [$event[0].data.messages[].content as $m | $text | rindex($m)]
        | all(. != null) and . == sort and . == unique' >/dev/null
}

# check_ticket CONVERSATION REQUESTER NAME PRIORITY
check_ticket() {
    handoff=$(handoff_of "$1") || fail "$1: usher knows no hand-over"
    one=$(printf %s "$tickets" | jq -ce --arg id "$handoff" '[.[] |
        select(any(.CustomFields[]; .name == "usher_id" and .values == [$id]))] |
        if length == 1 then .[0] else empty end') || fail "$1: not one ticket carries usher_id $handoff"
    id=$(printf %s "$one" | jq -r .id)
    ok "$1: ticket $id carries usher_id $handoff"
    same "$1: usher names this ticket" "$(usher_ask "/v1/handoffs/$handoff" | jq -r .ticket_id)" "$id"
    same "$1: requester" "$(printf %s "$one" | jq -r '[.Requestor[].id] | join(",")')" "$2"
    if [ -n "$2" ]; then
        same "$1: requester's name" "$(rt_get "/user/$2" | jq -r .RealName)" "$3"
    fi
    same "$1: priority" "$(printf %s "$one" | jq -r .Priority)" "$4"
    same "$1: queue" "$(rt_get "/queue/$(printf %s "$one" | jq -r .Queue.id)" | jq -r .Name)" Support
    same "$1: status" "$(printf %s "$one" | jq -r .Status)" new
    rt_texts "$id" >"$home/$1.txt"
    in_order "$home/$1.json" "$home/$1.txt" || fail "$1: the ticket's text does not hold every message"
    ok "$1: all $(jq '.data.messages | length' "$home/$1.json") messages in its text ($(wc -c <"$home/$1.txt") bytes)"
    grep -q 88213 "$home/$1.txt" || fail "$1: the order number is not in the text"
    ok "$1: order number"
}

# --- the run ----------------------------------------------------------------

rt_port=$(free_port 0) usher_port=$(free_port 9000)
usher_url=http://127.0.0.1:$usher_port
WEB_SECRET=whsec_$(openssl rand -base64 32)
web_key=$(printf %s "${WEB_SECRET#whsec_}" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
RT_PASSWORD='usher-password'
export WEB_SECRET RT_PASSWORD
sed "s/@USHER_PORT@/$usher_port/; s/@RT_PORT@/$rt_port/" "$here/rt.conf.lua" >"$home/usher.conf.lua"
cp -r "$here/rt-rules" "$home/rules"
make_talks

mkdir "$rt"
rt_make || fail "Request Tracker: no database"
rt_start || fail "Request Tracker did not start"
ok "request-tracker $(rt_get /rt | jq -r .Version) answers"
same "no ticket yet" "$(rt_tickets | jq length)" 0
usher_start || fail "usher did not start"
ok "usher answers"

send e1 "$home/c1.json"
send e2 "$home/c2.json"
send e3 "$home/c3.json"
send e1 "$home/c1.json" # the first repeat
send e4 "$home/c4.json"
usher_kill
ok "usher killed"
usher_start || fail "usher did not start again"
ok "usher answers again"
send e5 "$home/c5.json"
send e6 "$home/c6.json"
sleep 0.2 # into the middle of a create
rt_kill
ok "request-tracker killed"
send e7 "$home/c7.json"
send e2 "$home/c2.json" # the second repeat
send e8 "$home/c8.json"
rt_start || fail "Request Tracker did not start again"
ok "request-tracker answers again"

until_within 75 eight_there || fail "no eight tickets: $(rt_tickets | jq -c '[.[] | .id]')"
until_within 30 usher_settled || fail "usher has not finished: $(usher_ask /v1/tickets) $(usher_ask /v1/deliveries)"
ok "usher knows eight tickets and has delivered all"
sleep 5 # longer than lag_s: a late repeat would show
tickets=$(rt_tickets)
same "exactly eight tickets" "$(printf %s "$tickets" | jq length)" 8

check_ticket c1 mara@customer.test 'Mara Lind' 80
check_ticket c2 jo@customer.test 'Jo Doe' 80
same "c2: a message from the middle, despite the repeat" "$(grep -c 'Line 10900 of' "$home/c2.txt")" 1
check_ticket c3 zoe@customer.test 'Zoë Ünal' 80
check_ticket c4 '' '' 80
check_ticket c5 ada@customer.test 'Ada Kern' 80
check_ticket c6 lee@customer.test 'Lee Roth' 100
check_ticket c7 ira@customer.test 'Ira Moss' 80
check_ticket c8 kim@customer.test 'Kim Vale' 80
ok "all"
