#!/bin/sh
# Chats whose webhook is answered in the customer's turn: what is decided is
# said in that answer, a repeat is answered the same, and nobody waits for
# ever. Dialogflow CX and watsonx Assistant. S8 S89 S90 S91 S160
. "$(dirname "$0")/lib.sh"
BOT_SECRET=$(openssl rand -hex 16) IBM_SECRET=$(openssl rand -hex 16)
BOT_PAIR=bot:$BOT_SECRET
export BOT_SECRET IBM_SECRET BOT_PAIR
mkdir "$home/rules"
cat >"$home/rules/10-in-turn.lua" <<'EOF'
slot "order_number" { ask = "What is your order number?", pattern = "^%d+$" }
rule "asked for a person" {
  when = any { asks_for_human(), requested_by { "flow", "action_node" } },
  escalate = { reason = "customer_request", group = "support", priority = "high", next_step = "Reply." },
}
rule "refund" {
  when = says { "refund" }, collect = { "order_number" },
  escalate = { reason = "refund", next_step = "Refund {fields.order_number}." },
}
rule "offer a person" {
  when = any { asks_for_human "vague", confidence_below(0.4) },
  offer = { message = "Shall I get you a person?" },
}
EOF
configure_caught "
source \"bot\" { adapter = \"dialogflow\", secret = secret \"BOT_SECRET\" }
source \"assistant\" { adapter = \"watsonx\", secret = secret \"IBM_SECRET\" }
source \"keyed\" { adapter = \"watsonx\", secret = secret \"IBM_SECRET\", verify = \"token\" }
source \"paired\" { adapter = \"dialogflow\", secret = secret \"BOT_PAIR\", verify = \"basic\" }
" "$home/rules"
start_engine

post_as() { # SOURCE BODY HEADER: `status`, the answer, its head
    printf '%s' "$2" >"$home/body"
    status=$(curl -s -m 20 -o "$home/answer" -D "$home/head" -w '%{http_code}' \
        "$url/v1/sources/$1" -H 'Content-Type: application/json' -H "$3" \
        --data-binary "@$home/body")
}
tickets() { stored "SELECT count(*) FROM handoff WHERE conv = '$1'"; }

# --- Dialogflow CX ------------------------------------------------------------------
# (A session's whole name is longer than a conversation's key may be.)
session=projects/shop-test/locations/europe-west1/agents/5c9d0f62-7777-4000-8000-00000000000a/environments/5c9d0f62-7777-4000-8000-00000000000b/users/somebody-with-a-long-name/sessions
call() { # SESSION TURN TEXT [TAG [MORE]]
    post_as bot "{\"detectIntentResponseId\":\"$2\",\"text\":\"$3\",\"languageCode\":\"en\",\"fulfillmentInfo\":{\"tag\":\"${4:-usher.turn}\"},\"sessionInfo\":{\"session\":\"$session/$1\",\"parameters\":{\"customer_id\":9007199254740993}}${5:-}}" \
        "Authorization: Bearer $BOT_SECRET"
}
call a t1 'When are you open?'
is 'S90 nothing to say' "$status $(answer)" '200 {}'
call a t2 'agent'
is 'an offer stands beside the AI words' "$(answer | jq -c '[.fulfillmentResponse.mergeBehavior, .fulfillmentResponse.messages[0].text.text[0]]')" '["APPEND","Shall I get you a person?"]'
call a t3 'I want to talk to a real person'
said=$(answer)
hid=$(stored "SELECT hid FROM handoff WHERE conv = 'bot:a'")
is 'S90 handed over in this very turn' "$(answer | jq -c '[.fulfillmentResponse.mergeBehavior, .fulfillmentResponse.messages[1].liveAgentHandoff.metadata]')" \
    "[\"REPLACE\",{\"group\":\"support\",\"priority\":\"high\",\"reason\":\"customer_request\",\"usher_case\":\"$hid\"}]"
has 'S90 and the customer is told' "$(answer | jq -r '.fulfillmentResponse.messages[0].text.text[0]')" "Your ticket is $hid."
is 'S90 the session knows it' "$(answer | jq -c .sessionInfo.parameters)" "{\"usher_case\":\"$hid\",\"usher_escalated\":true}"
quiet
call a t3 'I want to talk to a real person'
is 'S8 the same call again: the same answer' "$(answer)" "$said"
is 'S8 and no second hand-over' "$(tickets bot:a)" 1
quiet
call a t4 'Are you there?'
has 'while a human has it the AI is replaced' "$(answer | jq -c '[.fulfillmentResponse.mergeBehavior, .fulfillmentResponse.messages[1].liveAgentHandoff.metadata.ticket_id]')" '["REPLACE","700'
quiet
is 'ids beyond 2^53 are exact' "$(stored "SELECT slots LIKE '%9007199254740993%' FROM conversation WHERE conv = 'bot:a'")" 1
has 'S59 what is said goes to the ticket' "$(cat "$(caught desk '^PUT ' | tail -n 1)")" 'Are you there?'

call b t1 'I want a refund'
is 'a question takes the place of the AI words' "$(answer | jq -c '[.fulfillmentResponse.mergeBehavior, .fulfillmentResponse.messages]')" '["REPLACE",[{"text":{"text":["What is your order number?"]}}]]'
call b t2 '4711'
has 'and its answer leads on' "$(answer)" liveAgentHandoff
quiet
is 'with what was asked for' "$(stored "SELECT outcome FROM decision WHERE conv = 'bot:b' ORDER BY n DESC LIMIT 1" | jq -r .next_step)" 'Refund 4711.'

call c t1 'It is blue' usher.turn ',"messages":[{"liveAgentHandoff":{"metadata":{"reason":"policy_17"}}}]'
has 'S90 S160 a liveAgentHandoff of the agent hands over' "$(answer)" usher_case
is 'S90 with its reason' "$(stored "SELECT slots FROM conversation WHERE conv = 'bot:c'" | jq -r '.. | objects | select(has("handoff_reason")) | .handoff_reason' | head -n 1)" policy_17
call d t1 'so' usher.handoff
has 'S160 so does the tag' "$(answer)" usher_case
post_as bot '{}' 'Authorization: Bearer wrong'
is 'a wrong token' "$status" 401
post_as paired '{}' "Authorization: Basic $(printf %s "$BOT_PAIR" | base64 -w 0)"
is 'user and password (and no session is named)' "$status" 422
post_as paired '{}' "Authorization: Basic $(printf bot:other | base64 -w 0)"
is 'wrong ones' "$status" 401

# --- watsonx Assistant --------------------------------------------------------------
url64() { openssl base64 -A | tr '+/' '-_' | tr -d =; }
jwt() { # CLAIMS [SECRET]
    covered=$(printf '{"alg":"HS256","typ":"JWT"}' | url64).$(printf '%s' "$1" | url64)
    echo "$covered.$(printf '%s' "$covered" | openssl dgst -sha256 -hmac "${2:-$IBM_SECRET}" -binary | url64)"
}
now=$(date +%s)
token="Authorization: $(jwt "{\"sub\":\"conversation\",\"exp\":$((now + 300))}")"
context() { echo "{\"global\":{\"session_id\":\"$1\",\"system\":{\"turn_count\":$2,\"user_id\":\"u-1\"}},\"skills\":{\"actions skill\":{\"skill_variables\":{\"big\":9007199254740993,\"empty\":[]}}}}"; }
before() { # SESSION TURN TEXT
    payload="{\"context\":$(context "$1" "$2"),\"input\":{\"message_type\":\"text\",\"options\":{},\"text\":\"$3\"}}"
    post_as assistant "{\"event\":{\"name\":\"message_received\"},\"payload\":$payload}" "$token"
}
after() { # SESSION TURN GENERIC [INTENTS]
    payload="{\"context\":$(context "$1" "$2"),\"output\":{\"entities\":[],\"generic\":$3,\"intents\":${4:-[]}}}"
    post_as assistant "{\"event\":{\"name\":\"message_processed\"},\"payload\":$payload}" "$token"
}
before w 1 'When are you open?'
is 'S89 a payload goes back as it came, to the last id' "$(answer)" "{\"payload\":$payload}"
after w 1 '[{"response_type":"text","text":"At nine."}]'
is 'S89 so does an answer' "$(answer)" "{\"payload\":$payload}"
after w 2 '[{"response_type":"search","header":"Perhaps.","primary_results":[{"title":"Late <b>","url":"https://help.test/late?a=1&b=2"}]}]' '[{"intent":"other","confidence":0.2}]'
is 'what the AI is not sure of: an offer behind its words' "$(answer | jq -r '[.payload.output.generic[] | .header // .text] | join(" / ")')" 'Perhaps. / Shall I get you a person?'
after w 3 '[{"response_type":"text","text":"Let me connect you."},{"response_type":"connect_to_agent","message_to_human_agent":"Order 88213","topic":"Delivery"}]'
has 'S89 connect_to_agent hands over' "$(answer | jq -r '.payload.output.generic[1].text')" 'Your ticket is'
quiet
ticket=$(cat "$(caught desk 'Order 88213' | head -n 1)")
has 'S89 S160 with its reason' "$ticket" Delivery
has 'S89 and its summary' "$ticket" 'Order 88213'
has 'S91 the article is a link' "$ticket" '<a href=\"https://help.test/late?a=1&amp;b=2\" rel=\"noreferrer noopener\">Late &lt;b&gt;</a>'
has 'S91 with the answer' "$ticket" '<b>The AI answered:</b> Perhaps.'
before w 4 'Hello?'
has 'while a human has it the AI does not run' "$(cat "$home/head")" 'X-Watson-Assistant-Webhook-Return: yes'
has 'and the customer reads so' "$(answer | jq -r '.output.generic[0].text')" 'Your ticket is'
is 'the transcript is whole' "$(ask /v1/conversations/assistant:w | jq -r '[.messages[].text] | join(" / ")')" 'When are you open? / At nine. / Perhaps. / Let me connect you. / Hello?'

body='{"payload":{"log_id":"l-1","session_id":"log","request":{"input":{"text":"I want to talk to a real person"}},"response":{"output":{"generic":[{"response_type":"text","text":"Sorry."}]}}}}'
for n in 1 2; do
    post_as assistant "$body" "Authorization: Bearer $IBM_SECRET"
    is "S89 a log, proved by the secret itself ($n)" "$status $(answer)" '200 {}'
done
is 'S8 handed over once' "$(tickets assistant:log)" 1
post_as keyed "$body" "X-API-Key: $IBM_SECRET"
is 'proved by a key' "$status" 200
post_as keyed "$body" "Authorization: Bearer $IBM_SECRET"
is 'only by what was chosen' "$status" 401
for bad in "$(jwt '{}' other)" "$(jwt "{\"exp\":$((now - 3600))}")" "$(jwt "{\"nbf\":$((now + 3600))}")" \
    "$(printf '{"alg":"none"}' | url64).$(printf '{}' | url64)." 'x.y.z' wrong; do
    post_as assistant "$body" "Authorization: $bad"
    is "not proved: $(answer | jq -r .detail)" "$status" 401
done
quiet

# --- nobody waits for ever -------------------------------------------------------------
workers() { # SIGNAL
    for zygote in $(pgrep -P "$engine_pid"); do
        for worker in $(pgrep -P "$zygote"); do kill "-$1" "$worker"; done
    done
}
workers STOP
(sleep 4 && workers CONT) &
waker=$!
call e t1 'I want to talk to a real person'
wait "$waker"
is 'the time is over: the AI goes on' "$status $(answer)" '200 {}'
has 'which is counted' "$(ask /metrics)" 'usher_turns_late_total 1'
quiet
is 'S8 the event was kept all the same' "$(tickets bot:e)" 1
call e t2 'Hello?'
has 'and the next turn tells' "$(answer)" liveAgentHandoff
quiet
# Another writer holds the store for longer than the answer waits.
sqlite3 "$home/usher.db" 'BEGIN IMMEDIATE' '.shell sleep 5' 'COMMIT' >/dev/null 2>&1 &
holder=$!
sleep 0.5
call f t1 'I want to talk to a real person'
is 'what is not on disk is not acknowledged' "$status" 503
wait "$holder"
call f t1 'I want to talk to a real person'
has 'and is taken when it comes again' "$(answer)" liveAgentHandoff
quiet
is 'S8 once' "$(tickets bot:f)" 1
stop_engine
is 'it stops in order' "$status" 0
