#!/bin/sh
# Who is told: the customer in the same chat with the ticket and the reply
# time, the team by webhook and by mail, each once. S33 S35 S58 S169 S181
. "$(dirname "$0")/lib.sh"
OPS_SECRET=$(openssl rand -base64 32)
OPS_SECRET=whsec_$OPS_SECRET
export OPS_SECRET
mail_port=$vendor_port
cp -r "$root/tests/policy" "$home/rules"
rm "$home/rules/rules_test.lua"
cat >"$home/rules/words.lua" <<'EOF'
rule "in our own words" {
  when     = says "own words",
  escalate = { reason = "words", next_step = "Reply.", message = "A colleague has it: {ticket.display_id}, {response_time}." },
}
rule "an offer" {
  when  = says_now "offer me",
  offer = { message = "Shall I get a colleague?" },
}
EOF
configure_caught "notifier \"ops\" {
  adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/ops\", secret = secret \"OPS_SECRET\",
  allow_private = true, allow_plain = true,
}
notifier \"team\" {
  adapter = \"mail\", to = \"team@shop.example\", from = \"usher@shop.example\",
  server = \"smtp://127.0.0.1:$mail_port\", allow_private = true, allow_plain = true,
}" "$home/rules"
catcher mail smtp "$mail_port"
start_engine

decoded() { sed '1,/^$/d' "$1" | sed '1,/^$/d' | openssl base64 -d; }
send e-1 "$(message k1 'Grüße, my lawyer will call. Card 4111 1111 1111 1111.')"
is 'taken' "$status" 202
quiet
hid=$(stored 'SELECT hid FROM handoff')
ticket=$(stored 'SELECT display_id FROM ticket')

reply=$(body_of "$(caught chat '"type":"usher.reply"')")
is 'S33 one message in the same conversation' "$(echo "$reply" | jq -r .data.conversation_id)" k1
is 'S35 with the ticket that the helpdesk made' "$(echo "$reply" | jq -r .data.ticket.id)" "$ticket"
has 'S35 and its text names it' "$(echo "$reply" | jq -r .data.text)" "$ticket"
is 'the reply time is in it' "$(echo "$reply" | jq -r .data.expected_response.text)" 'within 4 hours'
signed=$(caught chat '"type":"usher.reply"')
has 'the message is signed' "$(cat "$signed")" 'webhook-signature: v1,'

ops=$(caught chat '^POST /ops ')
is 'S58 the team is told by webhook, once' "$(echo "$ops" | wc -w)" 1
is 'S58 with ticket, reason, priority, group, next step' \
    "$(body_of "$ops" | jq -r '.data | [.handoff_id, .ticket.id, .reason, .priority, .group, .next_step] | join(" | ")')" \
    "$hid | $ticket | sensitive | urgent | support | Read it all before replying."
id=$(sed -n 's/^webhook-id: //p' "$ops") at=$(sed -n 's/^webhook-timestamp: //p' "$ops")
body_of "$ops" | tr -d '\n' >"$home/bytes"
opshex=$(printf %s "${OPS_SECRET#whsec_}" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
is 'S58 signed with its own secret' "$(sed -n 's/^webhook-signature: v1,//p' "$ops")" \
    "$({ printf '%s.%s.' "$id" "$at" && cat "$home/bytes"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$opshex" -binary | openssl base64 -A)"

mail=$(caught mail)
is 'S58 S181 the team is told by mail, once' "$(echo "$mail" | wc -w)" 1
for line in 'MAIL FROM:<usher@shop.example>' 'RCPT TO:<team@shop.example>' 'To: <team@shop.example>' \
    'Auto-Submitted: auto-generated' "X-Usher-Handoff: $hid" 'Content-Type: text/plain; charset=utf-8'; do
    has "S181 the mail has: $line" "$(cat "$mail")" "$line"
done
has 'S181 the subject is encoded' "$(cat "$mail")" 'Subject: =?UTF-8?B?'
has 'S181 and says how urgent it is' "$(sed -n 's/^Subject: =?UTF-8?B?\(.*\)?=$/\1/p' "$mail" | openssl base64 -d -A)" 'URGENT [AI] Grüße'
text=$(decoded "$mail")
for line in "Ticket:    $ticket" 'Priority:  urgent' 'Why:       sensitive' 'Next step: Read it all before replying.'; do
    has "S58 S181 the text has: $line" "$text" "$line"
done
for file in "$mail" "$ops"; do
    case $(cat "$file")$text in *4111*) fail 'a card number was sent to the team' ;; esac
done
ok 'no card number goes to the team'

# --- our own words; an offer; the team without a ticket --------------------------------
send e-2 "$(message k2 'own words')"
quiet
is 'S35 a template has ticket and reply time' \
    "$(caught chat '"conversation_id":"k2"' | while read -r file; do body_of "$file" | jq -r 'select(.type == "usher.reply") | .data.text'; done)" \
    "A colleague has it: $(stored "SELECT display_id FROM ticket WHERE conv = 'web:k2'"), within 4 hours."
before=$(made | wc -l)
send e-3 "$(message k3 'offer me something')"
quiet
is 'an offer is said in the chat' \
    "$(caught chat '"conversation_id":"k3"' | while read -r file; do body_of "$file" | jq -r '[.type, .data.kind, .data.text] | join(" | ")'; done)" \
    'usher.reply | offer | Shall I get a colleague?'
send e-4 "$(message k4 'hello')"
send e-5 '{"type":"usher.session.ended","data":{"conversation_id":"k4","outcome":"resolved_assumed"}}'
quiet
is 'S169 the team is told' "$(caught chat '^POST /ops ' | while read -r file; do body_of "$file" | jq -r .data.conversation_id; done | grep -c web:k4)" 1
is 'S169 without a ticket' "$(made | wc -l)" "$before"

# --- the mail server says no ---------------------------------------------------------------
echo '451 come back later' >"$home/mail/answer"
mails=$(caught mail | wc -l)
send e-6 "$(message k6 'A complaint')"
refused() { stored "SELECT count(*) FROM attempt a JOIN delivery d ON d.did = a.did WHERE d.dest = 'notifier:team' AND a.class = 'retry'" | grep -q '[1-9]'; }
within 20 refused || fail "a mail refused for now: $(ask /v1/deliveries)"
ok 'S58 a mail that is refused for now is tried again'
is 'S58 the ticket does not wait for it' "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:k6'")" 1
rm "$home/mail/answer"
quiet 60
is 'S58 and then sent, once' "$(caught mail | wc -l)" $((mails + 1))
echo '550 nobody of that name' >"$home/mail/answer"
send e-7 "$(message k7 'A complaint')"
quiet 60
given_up=$(ask '/v1/deliveries?state=DEAD')
is 'a mail that is refused for good is given up' "$(echo "$given_up" | jq -r '.deliveries[0].destination')" notifier:team
has 'and says why' "$(echo "$given_up" | jq -r '.deliveries[0].why')" 550
is 'the ticket is there all the same' "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:k7'")" 1
stop_engine
is 'it stops in order' "$status" 0
