#!/bin/sh
# Asking for what is missing, once each, with a way out; offers once an episode.
# S126 N19 (P11) P1
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-collect.lua" <<'EOF'
slot "order_number" { ask = "What is your order number?", again = "It looks like AB123456. What is yours?", pattern = "^%u%u%d%d%d%d%d%d$" }
slot "payment_date" { kind = "date", ask = { en = "When did you pay?", de = "Wann haben Sie bezahlt?" } }
rule "law comes first" {
  when = says { "lawyer" }, final = true,
  escalate = { reason = "legal", group = "legal", next_step = "Do not answer before legal has." },
}
rule "refund" {
  when = says { "refund" }, collect = { "order_number", "payment_date", silence = "3s" },
  escalate = { reason = "refund", group = "billing", next_step = "Refund order {fields.order_number}." },
}
rule "offer a person" {
  when = asks_for_human "vague",
  offer = { message = "Shall I get you a person?" },
}
rule "asks again" {
  when = all { offered "offer a person", asks_for_human "vague" },
  escalate = { reason = "customer_request", next_step = "Reply." },
}
EOF
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
say() { # CONVERSATION TEXT
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" $count)"
    [ "$status" = 202 ] || fail "$1: $status $(cat "$home/answer")"
    quiet
}
tickets() { stored "SELECT count(*) FROM ticket WHERE conv = 'web:$1'"; }
questions() { stored "SELECT count(*) FROM decision WHERE conv = 'web:$1' AND action = 'collect'"; }
last() { # CONVERSATION JQ
    stored "SELECT outcome FROM decision WHERE conv = 'web:$1' ORDER BY n DESC LIMIT 1" | jq -r "$2"
}

say c1 'refund please, order AB123456, paid 2026-11-03'
is 'N19 all is known: no question' "$(questions c1) $(tickets c1)" '0 1'
is 'and the ticket has it' "$(last c1 '.fields | [.order_number, .payment_date] | join(" ")')" 'AB123456 2026-11-03'

say c2 'I want a refund, I paid on 3.11.2026'
is 'N19 one is missing: one question, no ticket yet' "$(questions c2) $(tickets c2) $(last c2 .message)" '1 0 What is your order number?'
is 'the customer is asked in the chat' "$(ledger 'select(.kind == "usher.reply") | .id' | grep -c c2)" 1
is 'and the AI keeps still' "$(ledger 'select(.kind == "usher.ai.stop") | .id' | grep -c c2)" 1
say c2 'it is ab123456.'
is 'the answer ends it' "$(questions c2) $(tickets c2)" '1 1'
is 'as it is to be written' "$(last c2 '.fields.order_number + " " + .fields.payment_date')" 'AB123456 2026-11-03'
is 'the conversation knows it too' "$(ask /v1/conversations/web:c2 | jq -r .fields.order_number)" AB123456
has 'and so does the next step' "$(last c2 .next_step)" 'Refund order AB123456.'

say c3 'refund!'
say c3 'what do you mean'
is 'N19 an answer that cannot be read: once more, in other words' "$(last c3 .message)" 'It looks like AB123456. What is yours?'
say c3 'it was the red one'
say c3 'number seven'
is 'N19 after three tries a human takes it' "$(tickets c3) $(last c3 .reason)" '1 incomplete_info'
has 'S126 the ticket says what is missing' "$(last c3 .summary)" 'Not known: order number, payment date'
is 'with the customer'"'"'s own words' "$(last c3 .fields.order_number_as_written)" 'number seven'
is 'and why it was at first' "$(last c3 '.reasons[0]')" refund

say c4 'refund for AB123456'
has 'the next slot in the customer'"'"'s language' "$(last c4 .message)" 'When did you pay?'
say c5 'I want a refund'
say c5 'just let me talk to a real person'
is 'N19 a demand for a human ends the questions' "$(tickets c5) $(last c5 .reason)" '1 incomplete_info'
say c6 'I want a refund'
say c6 'my lawyer will write to you'
is 'N19 what comes first in the rules still does' "$(tickets c6) $(last c6 '.reason + " " + .group')" '1 legal legal'
say c7 'I want a refund'
say c7 '4111 1111 1111 1111'
is 'N19 a card is no order number' "$(tickets c7) $(last c7 .action)" '0 collect'
[ -z "$(stored "SELECT 1 FROM decision WHERE outcome LIKE '%4111%' UNION SELECT 1 FROM message WHERE body LIKE '%4111%'")" ] || fail 'the card was kept'
ok 'N19 and is not kept'
say c7 'oh. AB654321 and 2026-10-01'
is 'N19 two answers in one message' "$(tickets c7) $(last c7 '.fields.order_number + " " + .fields.payment_date')" '1 AB654321 2026-10-01'
say c8 'I want a refund'
send c8-end '{"type":"usher.session.ended","data":{"conversation_id":"c8"}}'
quiet
is 'N19 the session ends: a human takes what there is' "$(tickets c8) $(last c8 .reason)" '1 incomplete_info'
silent() { [ "$(tickets c4)" = 1 ]; }
within 10 silent || fail 'N19 silence: no ticket'
quiet
is 'N19 silence: a human takes what there is' "$(last c4 '.reason + " " + .fields.order_number')" 'incomplete_info AB123456'
has 'and knows why' "$(last c4 .summary)" 'did not answer'

say o1 'agent'
is 'P1 a vague word: an offer' "$(last o1 '.action + " " + .message')" 'offer Shall I get you a person?'
say o1 'agent'
is 'P1 the same again: a human' "$(last o1 '.action + " " + .rule')" 'escalate asks again'
stop_engine
