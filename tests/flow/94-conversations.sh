#!/bin/sh
# S72: a hand-over becomes a ticket or a conversation in Intercom and Dixa, or
# goes on in the conversation that the customer is in; whatever becomes of the
# requests, there is one of each. S20 S23 S28 S134
. "$(dirname "$0")/lib.sh"
FIN_SECRET=$(openssl rand -hex 16)
export FIN_SECRET
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-rules.lua" <<'EOF'
rule "a ticket in Intercom" { when = says "ticket in intercom", escalate = { reason = "ic", helpdesk = "ic", group = "billing", next_step = "Reply." } }
rule "a conversation in Intercom" {
  when     = any { says "conversation in intercom", all { asks_for_human(), channel "chat" } },
  escalate = { reason = "ic", helpdesk = "ic", as = "conversation", group = "billing", next_step = "Reply." },
}
rule "a ticket in Dixa" { when = says "ticket in dixa", escalate = { reason = "dx", helpdesk = "dx", as = "ticket", group = "billing", next_step = "Reply." } }
rule "a conversation in Dixa" { when = says "conversation in dixa", escalate = { reason = "dx", helpdesk = "dx", as = "conversation", next_step = "Reply." } }
rule "goes on in Dixa" {
  when     = says "the same again",
  escalate = { reason = "dx", helpdesk = "dx", as = "ticket", append_to = "{attributes.last_ticket}", next_step = "Read what was said before." },
}
rule "what Zendesk cannot be" { when = says "conversation in zendesk", escalate = { reason = "zd", as = "conversation", next_step = "Reply." } }
EOF
configure "default_helpdesk \"zd\"
source \"fin\" {
  adapter = \"intercom\", secret = secret \"FIN_SECRET\", token = secret \"ZD_TOKEN\", admin_id = \"991\",
  url = \"http://127.0.0.1:$vendor_port\", allow_private = true, allow_plain = true,
}
helpdesk \"ic\" {
  adapter = \"intercom\", token = secret \"ZD_TOKEN\", admin_id = \"991\", ticket_type_id = \"88\", team_id = \"1\",
  url = \"http://127.0.0.1:$vendor_port\", lag_s = 1, allow_private = true, allow_plain = true,
}
helpdesk \"dx\" {
  adapter = \"dixa\", token = secret \"ZD_TOKEN\", email_integration = \"s@email.dixa.test\", conversation_field = \"talk\",
  url = \"http://127.0.0.1:$vendor_port\", lag_s = 1, allow_private = true, allow_plain = true,
}"
sed -i "s#^policy .*#policy \"$home/rules\"#; s#^groups .*#groups { \"support\", billing = { ids = { ic = \"5017692\", dx = \"queue-billing\" } } }#" "$home/usher.conf.lua"
start_engine

say() { # CONVERSATION TEXT [MORE MEMBERS OF DATA]; `who` says it, or somebody new
    count=$((${count:-0} + 1))
    send "s-$count" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$1\",\"channel\":\"web\",\"mode\":\"append\",\"first_index\":$count,\"customer\":{\"id\":\"c-${who:-$1}\",\"name\":\"Mara\",\"email\":\"${who:-$1}@customer.example\"},\"messages\":[{\"role\":\"user\",\"content\":\"$2\"}]${3:-}}}"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
}
fin() { # EVENT CONVERSATION TEXT: the customer writes to Fin
    printf '{"type":"notification_event","app_id":"u5h3r0a1","id":"%s","topic":"conversation.user.replied","created_at":%s,"data":{"type":"notification_event_data","item":{"type":"conversation","id":"%s","source":{"type":"conversation","id":"%s-0","body":"<p>Hello</p>","author":{"type":"user","id":"6762f1571bb69f9f2193aa01","email":"fin@customer.example"}},"contacts":{"contacts":[{"type":"contact","id":"6762f1571bb69f9f2193aa01"}]},"conversation_parts":{"conversation_parts":[{"id":"%s","part_type":"comment","body":"<p>%s</p>","author":{"type":"user","id":"6762f1571bb69f9f2193aa01"}}]}}}}' \
        "$1" "$(date +%s)" "$2" "$2" "$1" "$3" >"$home/fin"
    hub=$(openssl dgst -sha1 -hmac "$FIN_SECRET" "$home/fin" | sed 's/.* //')
    status=$(curl -s -m 20 -o "$home/answer" -w '%{http_code}' "$url/v1/sources/fin" -H 'Content-Type: application/json' \
        -H "X-Hub-Signature: sha1=$hub" --data-binary "@$home/fin")
    [ "$status" = 200 ] || fail "fin: $status $(answer)"
}
api() { curl -sf -m 20 "http://127.0.0.1:$vendor_port$1" -H 'Content-Type: application/json' ${2:+--data-binary "$2"}; }
hid() { stored "SELECT hid FROM handoff WHERE conv = '$1'"; }
# How often the hand-over of a conversation is in the ledger as this.
seen() { # CONVERSATION KIND
    ledger "select(.kind == \"$2\" and .id == \"$(hid "$1")\") | .id" | wc -l | tr -d ' '
}
made_and_noted() { echo "$(($(seen "$1" ticket) + $(seen "$1" conversation))) $(seen "$1" note)"; }
ticket() { stored "SELECT display_id FROM ticket WHERE conv = '$1'"; }
thing() { ledger "select((.kind == \"ticket\" or .kind == \"conversation\") and .id == \"$(hid "$1")\") | .more"; }
settled() { ledger "select(.kind == \"settle\" and .id == \"$1\" and .key == \"$2\") | .more" | tail -n 1; }
parts() { api "/conversations/$1" | jq -r ".conversation_parts.conversation_parts$2"; }

# --- S72: what becomes of each --------------------------------------------------------
say it 'a ticket in intercom please'
say ico 'a conversation in intercom please'
say dt 'a ticket in dixa please'
say dc 'a conversation in dixa please'
say z 'a conversation in zendesk please'
quiet
is 'S72 Intercom: a ticket, by the default' "$(seen web:it ticket) $(seen web:it note) $(ticket web:it)" "1 1 T$(thing web:it)"
is 'S72 Intercom: a conversation, when the rule says so' "$(seen web:ico conversation) $(seen web:ico note) $(ticket web:ico)" "1 1 $(thing web:ico)"
is 'S72 Dixa: a conversation of its own' "$(seen web:dt conversation) $(seen web:dt note) $(ticket web:dt)" "1 1 $(thing web:dt)"
is 'S72 Dixa: the chat tells none, so the same' "$(made_and_noted web:dc)" '1 1'
[ "$(ticket web:dt)" -gt 9007199254740992 ] || fail "no id beyond 2^53: $(ticket web:dt)"
ok 'ids beyond 2^53 are whole'
is 'S72 a helpdesk of tickets makes a ticket all the same' "$(count_of ticket) $(ticket web:z)" '2 35001'
has 'and it is said' "$(cat "$home/usher.log")" 'handoff.as'
is 'a conversation is given to its team at the end' "$(settled "$(thing web:ico)" parts)" 5017692
is 'or to the queue of its group' "$(settled "$(thing web:dt)" queue)" queue-billing
note=$(parts "$(thing web:ico)" '[0].body')
has 'S134 the note is the brief' "$note" '<b>Next:</b> Reply.'
has 'S134 and the conversation' "$note" 'a conversation in intercom please'
is 'the first words are those of the customer' "$(api "/conversations/$(thing web:ico)" | jq -r .source.body)" "a conversation in intercom please

Ref. $(hid web:ico)"
is 'each customer is known once, in each helpdesk' "$(count_of contact)" 4
say ico 'and one more thing'
quiet
is 'S28 what follows is a note' "$(parts "$(thing web:ico)" ' | length')" 2

# --- the customer's own conversation ----------------------------------------------------
own=$(api /conversations '{"from":{"type":"contact","id":"6762f1571bb69f9f2193aa01"},"body":"hello"}' | jq -r .conversation_id)
api "/conversations/$own/parts" '{"message_type":"close","admin_id":"1"}' >/dev/null
before=$(count_of conversation)
fin n-1 "$own" "$human"
quiet
is 'S72 Fin: handed over in the same conversation' "$(ticket "fin:$own") $(count_of conversation) $(seen "fin:$own" note)" "$own $before 1"
is 'S72 Fin: opened, and in the end with its team' "$(api "/conversations/$own" | jq -r .state) $(settled "$own" parts)" 'open 5017692'
is 'S72 Fin: nobody closes what was handed over' "$(stored "SELECT count(*) FROM delivery WHERE conv = 'fin:$own' AND kind = 'close'")" 0
before=$(parts "$own" ' | length')
fin n-2 "$own" 'Are you there?'
quiet
is 'S28 Fin: what follows stands there already' "$(parts "$own" ' | length')" "$before"
is 'S28 Fin: and nothing waits for it' "$(stored "SELECT group_concat(DISTINCT state) FROM delivery WHERE conv = 'fin:$own'")" DONE

mine=$(api /v1/conversations '{"_type":"Chat","requesterId":"nobody","message":{"content":{"value":"hello"}}}' | jq -r .data.id)
before=$(count_of conversation)
say dx 'a conversation in dixa please' ",\"fields\":{\"talk\":\"$mine\"}"
quiet
is 'S72 Dixa: handed over in the same conversation' "$(ticket web:dx) $(count_of conversation) $(seen web:dx note)" "$mine $before 1"
say dx2 'a conversation in dixa please' ",\"fields\":{\"talk\":\"$mine\"}"
quiet
is 'handed over once more: the same, kept as such' "$(ticket web:dx2) $(stored "SELECT relation FROM ticket WHERE conv = 'web:dx2'")" "$mine appended"
again() { # CONVERSATION CUSTOMER: says that the ticket of web:dt was the last
    who=$2
    say "$1" 'the same again' ",\"attributes\":{\"last_ticket\":\"$(ticket web:dt)\"}"
    who=
    quiet
}
again dt2 dt
is 'P15 it goes on in the one of this customer' "$(ticket web:dt2) $(stored "SELECT relation FROM ticket WHERE conv = 'web:dt2'") $(made_and_noted web:dt2)" "$(ticket web:dt) appended 0 1"
again dt3 else
is 'P15 but not in that of another' "$(made_and_noted web:dt3)" '1 1'

# --- whatever becomes of a request: one of each --------------------------------------------
n=0
for stage in contact ticket note settle search; do
    for fault in lose 500x cut rst 429; do
        n=$((n + 1))
        control "{\"fault\":\"$fault\",\"every\":1,\"on\":\"$stage\",\"count\":3}" >/dev/null
        for what in 'ticket in intercom' 'conversation in intercom' 'ticket in dixa'; do
            say "f$n-$(echo "$what" | tr -d ' ')" "a $what please"
        done
        sleep 0.3
    done
done
control '{"fault":"none"}' >/dev/null
quiet 120
met=$(stored "SELECT count(DISTINCT did) FROM attempt JOIN delivery USING (tenant, did) WHERE kind = 'ticket' AND conv LIKE 'web:f%'")
[ "$met" -ge 30 ] || fail "only $met deliveries met a fault"
for conv in $(stored "SELECT conv FROM handoff WHERE conv LIKE 'web:f%'"); do
    [ "$(made_and_noted "$conv")" = '1 1' ] || fail "S20 $conv: made and noted $(made_and_noted "$conv")"
done
is "S20 $((n * 3)) hand-overs, $met requests with a fault: each made once, noted once" "$(stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:f%'")" $((n * 3))
is 'S20 no customer twice' "$(ledger 'select(.kind == "contact") | .key' | sort | uniq -d | wc -l | tr -d ' ')" 0

# Intercom says until when in a header of its own.
control '{"fault":"429r","every":1,"on":"ticket","count":1}' >/dev/null
say reset 'a ticket in intercom please'
quiet
waited=$(stored "SELECT d.done_at - a.t1 FROM delivery d JOIN attempt a USING (tenant, did) WHERE d.conv = 'web:reset' AND a.http = 429")
[ "$waited" -ge 2500 ] || fail "X-RateLimit-Reset: sent again after $waited ms"
is "X-RateLimit-Reset is waited for" "$(made_and_noted web:reset)" '1 1'

# Killed at any moment.
control '{"delay_ms":40}' >/dev/null
for n in 1 2 3 4 5 6 7 8; do
    say "k$n-it" 'a ticket in intercom please'
    say "k$n-ico" 'a conversation in intercom please'
    say "k$n-dt" 'a ticket in dixa please'
    sleep "0.$((n * 4 % 10))"
    kill_engine
    start_engine
done
control '{"delay_ms":0}' >/dev/null
quiet 120
for conv in $(stored "SELECT conv FROM handoff WHERE conv LIKE 'web:k%'"); do
    [ "$(made_and_noted "$conv")" = '1 1' ] || fail "killed, $conv: made and noted $(made_and_noted "$conv")"
done
is 'killed eight times: each made once, noted once' "$(stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:k%'")" 24
stop_engine
is 'it stops in order' "$status" 0
