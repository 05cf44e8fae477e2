#!/bin/sh
# rt.sh USHER: a real Request Tracker 5 behind a real usher, both on loopback
# and both killed once in the middle. Ten events for eight conversations (two
# are exact repeats) must end as eight tickets, each read back over REST2 and
# compared: the id of the hand-over, tags, requester, priority, queue and text.
# A check that fails is printed and counted, the last line is the sum, and
# after four minutes the run is over in any case.
set -eu
LC_ALL=C no_proxy='*' NO_PROXY='*'
export LC_ALL no_proxy NO_PROXY
usher=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-e2e-rt.XXXXXX")
rt=$home/rt rt_root=e2e-root-password rt_pid='' usher_pid=''
passed=0 failed=0 run_end=$(($(date +%s) + 240))
# shellcheck source=tests/e2e/rt-lib.sh
. "$here/rt-lib.sh"

stop() {
    status=$?
    trap - EXIT
    set +e
    usher_kill
    rt_kill
    rm -rf "$home"
    [ "$status" = 0 ] || [ "$failed" -gt 0 ] || not_ok "ended early ($status)"
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

[ -x "$usher" ] || fail "no usher at $1"
for need in curl jq openssl sqlite3 setsid setpriv /usr/sbin/rt-setup-database-5 \
    /usr/share/request-tracker5/libexec/rt-server; do
    command -v "$need" >/dev/null ||
        fail "$need is not installed (make e2e-rt installs it)"
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

# A request for a ticket has been sent and not been answered.
under_way() {
    [ "$(stored "SELECT count(*) FROM delivery WHERE dest = 'helpdesk:rt' AND state = 'LEASED'")" -gt 0 ]
}

# Something that usher had sent, or wanted to, met no Request Tracker.
cut_off() {
    [ "$(stored "SELECT count(*) FROM attempt a JOIN delivery d ON d.did = a.did
        WHERE d.dest = 'helpdesk:rt' AND a.class IN ('unknown', 'not_sent')")" -gt 0 ]
}

# What was tried before the delivery it comes after had ended.
early() {
    stored "SELECT x.dkey FROM delivery x JOIN delivery b ON b.dkey = x.after_dkey
        WHERE coalesce((SELECT min(t1) FROM attempt WHERE did = x.did), x.done_at) <
            coalesce((SELECT max(t1) FROM attempt WHERE did = b.did), b.done_at)"
}

# same WHAT GOT WANTED
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: is '$2', should be '$3'"; fi
}

# The text ends with each message, word for word, once and in its order.
ends_with_talk() {
    jq -en --rawfile text "$2" --slurpfile event "$1" '
        ([$event[0].data.messages | to_entries[] | "\(.key + 1). " +
            (if .value.role == "user" then "Customer" else "AI" end) +
            "\n" + .value.content] | join("\n\n")) as $talk |
        $text | sub("\\s+$"; "") |
        endswith("Conversation\n------------\n" + $talk)' >/dev/null
}

# The tag that rt-rules' rule leaves.
rule_of() { case $1 in legal) echo threatens-to-sue ;; *) echo asked-for-a-person ;; esac; }

# check_ticket CONVERSATION REQUESTER NAME PRIORITY REASON
check_ticket() {
    handoff=$(handoff_of "$1") || {
        not_ok "$1: usher knows no hand-over"
        return 0
    }
    one=$(printf %s "$tickets" | jq -ce --arg id "$handoff" '[.[] |
        select(any(.CustomFields[]; .name == "usher_id" and .values == [$id]))] |
        if length == 1 then .[0] else empty end') || {
        not_ok "$1: not one ticket carries usher_id $handoff"
        return 0
    }
    id=$(printf %s "$one" | jq -r .id)
    ok "$1: ticket $id carries usher_id $handoff"
    same "$1: usher names this ticket" "$(usher_ask "/v1/handoffs/$handoff" | jq -r .ticket_id)" "$id"
    same "$1: tags" "$(printf %s "$one" | jq -r '[.CustomFields[] |
        select(.name == "usher_tags") | .values[]] | sort | join(" ")')" "ai-handoff reason:$5 rule:$(rule_of "$5") usher"
    same "$1: requester" "$(printf %s "$one" | jq -r '[.Requestor[].id] | join(",")')" "$2"
    if [ -n "$2" ]; then
        same "$1: requester's name" "$(rt_get "/user/$2" | jq -r .RealName)" "$3"
    fi
    same "$1: priority" "$(printf %s "$one" | jq -r .Priority)" "$4"
    same "$1: queue" "$(rt_get "/queue/$(printf %s "$one" | jq -r .Queue.id)" | jq -r .Name)" Support
    same "$1: status" "$(printf %s "$one" | jq -r .Status)" new
    rt_texts "$id" >"$home/$1.txt" || true
    what="$1: its $(jq '.data.messages | length' "$home/$1.json") messages ($(wc -c <"$home/$1.txt") bytes of text)"
    if ends_with_talk "$home/$1.json" "$home/$1.txt"; then
        ok "$what"
    else
        not_ok "$what: not word for word, once, in order"
        tail -c 600 "$home/$1.txt" >&2
    fi
    same "$1: reason" "$(grep -c "^Why: $5 " "$home/$1.txt")" 1
    same "$1: reference" "$(sed -n 's/^Reference: //p' "$home/$1.txt")" "$handoff"
    same "$1: order number" "$(grep -c '^order_number: 88213$' "$home/$1.txt")" 1
}

# --- the run ----------------------------------------------------------------

rt_port=$(free_port) usher_port=$(free_port)
while [ "$usher_port" = "$rt_port" ]; do usher_port=$(free_port); done
usher_url=http://127.0.0.1:$usher_port
WEB_SECRET=whsec_$(openssl rand -base64 32)
web_key=$(printf %s "${WEB_SECRET#whsec_}" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
RT_PASSWORD='usher-password'
export WEB_SECRET RT_PASSWORD
sed "s/@USHER_PORT@/$usher_port/; s/@RT_PORT@/$rt_port/" "$here/rt.conf.lua" >"$home/usher.conf.lua"
cp -r "$here/rt-rules" "$home/rules"
make_talks

rt_make || fail "Request Tracker: no database"
rt_start || fail "Request Tracker did not start"
ok "request-tracker $(rt_get /rt | jq -r .Version) answers"
same "it does not run as root" "$(rt_user | sed '/^root$/!s/.*/no/')" no
same "no ticket yet" "$(rt_tickets | jq length)" 0
usher_start || fail "usher did not start"
ok "usher answers"

send e1 "$home/c1.json"
send e2 "$home/c2.json"
send e3 "$home/c3.json"
send e1 "$home/c1.json" # the first repeat
send e4 "$home/c4.json"
until_within 20 under_way || fail "usher sends nothing"
usher_kill
same "usher killed in the middle of its deliveries" "$(under_way && echo yes)" yes
usher_start || fail "usher did not start again"
ok "usher answers again"
send e5 "$home/c5.json"
send e6 "$home/c6.json"
until_within 20 under_way || fail "usher sends nothing after its restart"
rt_kill
until_within 20 cut_off || fail "usher has not noticed that Request Tracker is gone"
ok "request-tracker killed in the middle of a request"
send e7 "$home/c7.json"
send e2 "$home/c2.json" # the second repeat
send e8 "$home/c8.json"
rt_start || fail "Request Tracker did not start again"
ok "request-tracker answers again"

until_within 90 eight_there || fail "no eight tickets: $(rt_tickets | jq -c '[.[] | .id]')"
until_within 60 usher_settled || fail "usher has not finished: $(usher_ask /v1/tickets) $(usher_ask /v1/deliveries)"
ok "usher knows eight tickets and has delivered all"
sleep 5 # longer than lag_s: a late repeat would show
tickets=$(rt_tickets) || fail "Request Tracker lists no tickets"
same "exactly eight tickets" "$(printf %s "$tickets" | jq length)" 8
# Kills or not: a step waits for the one before it, the customer for a ticket.
same "no delivery before the one it comes after" "$(early)" ''

check_ticket c1 mara@customer.test 'Mara Lind' 80 customer_request
check_ticket c2 jo@customer.test 'Jo Doe' 80 customer_request
same "c2: a message from the middle, despite the repeat" "$(grep -c 'Line 10900 of' "$home/c2.txt")" 1
check_ticket c3 zoe@customer.test 'Zoë Ünal' 80 customer_request
same "c3: markup is text" "$(grep -cF '<script>alert("1")</script> & <b>bold</b>' "$home/c3.txt")" 2
check_ticket c4 '' '' 80 customer_request
check_ticket c5 ada@customer.test 'Ada Kern' 80 customer_request
check_ticket c6 lee@customer.test 'Lee Roth' 100 legal
check_ticket c7 ira@customer.test 'Ira Moss' 80 customer_request
check_ticket c8 kim@customer.test 'Kim Vale' 80 customer_request

# --- what becomes of them (S176 N16) -----------------------------------------

first=$(printf %s "$tickets" | jq -r '.[0].id')
second=$(printf %s "$tickets" | jq -r '.[1].id')
# learns WHAT TICKET STATUS
learns() {
    if until_within 30 became "$2" "$3"; then
        ok "followed: $1"
    else
        not_ok "followed: $1: $(usher_ask "/v1/tickets/$2")"
    fi
}
became() { [ "$(usher_ask "/v1/tickets/$1" | jq -r .status)" = "$2" ]; }
rt_set "$first" '{"Status":"open","Owner":"root"}'
learns "taken in Request Tracker" "$first" in_progress
same "followed: who has it" "$(usher_ask "/v1/tickets/$first" | jq -r .assignee)" root
rt_set "$first" '{"Status":"resolved"}'
learns "resolved there" "$first" resolved
rt_set "$first" '{"Status":"open"}'
learns "opened again there" "$first" in_progress
same "followed: once" "$(usher_ask "/v1/tickets/$first" | jq -r .reopens)" 1
rt_set "$first" '{"Status":"resolved"}'
learns "closed, when its window has passed" "$first" closed
rt_set "$second" '{"Status":"rejected"}'
learns "rejected is closed" "$second" closed
