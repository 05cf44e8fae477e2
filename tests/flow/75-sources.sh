#!/bin/sh
# The same conversation from different chats; how sessions start, end and are
# handed over; what is said after that. S2 S3 S7 S8 S9 S11 S37 S59 S82
# S119 S121 S160 S161
. "$(dirname "$0")/lib.sh"
FIN_SECRET=$(openssl rand -hex 16)
WEB_SECRET_PLAIN=$(openssl rand -hex 16)
export FIN_SECRET WEB_SECRET_PLAIN
configure_caught "source \"model\" {
  adapter = \"custom\", secret = secret \"WEB_SECRET\",
  reply_url = \"http://127.0.0.1:$port_a/reply\", allow_private = true, allow_plain = true,
}
source \"fin\" {
  adapter = \"intercom\", secret = secret \"FIN_SECRET\", admin_id = \"991\",
  url = \"http://127.0.0.1:$port_a\", allow_private = true, allow_plain = true,
}"
start_engine

decision() { # CONVERSATION: its newest, as it is kept
    stored "SELECT outcome FROM decision WHERE conv = '$1' ORDER BY n DESC LIMIT 1"
}
decisions() { stored "SELECT count(*) FROM decision WHERE conv = 'web:$1'"; }
actions() { stored "SELECT action FROM decision WHERE conv = 'web:$1' ORDER BY n" | tr '\n' ' '; }
tickets() { made | wc -l | tr -d ' '; }

# --- one conversation, three ways to tell it ------------------------------------
send m-1 '{"type":"usher.message","data":{"conversation_id":"s","channel":"chat","mode":"append","first_index":0,"messages":[{"role":"customer","text":"My parcel 88213 never came"},{"role":"ai","text":"It is on its way."},{"role":"customer","text":"I want to talk to a real person"}]}}'
is 'S3 plain messages' "$status" 202
send m-2 '{"type":"usher.message","data":{"conversation_id":"s","channel":"chat","mode":"append","first_index":0,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"My parcel 88213 never came"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"It is on its way."}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"I want to talk to a real person"}]}]}}' /v1/sources/model
is 'S3 items of a model' "$status" 202
jq -cn '{type: "notification_event", app_id: "app7x", id: "n-1", topic: "conversation.user.replied",
    created_at: 1777886128, data: {type: "notification_event_data", item: {type: "conversation", id: "s",
    created_at: 1777885980, updated_at: 1777886127, open: true, state: "open",
    source: {type: "conversation", id: "1", delivered_as: "customer_initiated",
        body: "<p>My parcel 88213 never came</p>", author: {type: "user", id: "6762f", name: "Mara", email: "mara@customer.example"}},
    conversation_parts: {type: "conversation_part.list", total_count: 2, conversation_parts: [
        {type: "conversation_part", id: "2", part_type: "comment", body: "<p>It is on its way.</p>",
            created_at: 1777886000, author: {type: "bot", id: "5", name: "Fin"}},
        {type: "conversation_part", id: "3", part_type: "comment",
            body: "<p>I want to <b>talk</b> to a real person</p>", created_at: 1777886127,
            author: {type: "user", id: "6762f"}}]}}}}' >"$home/fin"
seal=$(openssl dgst -sha1 -hmac "$FIN_SECRET" "$home/fin" | sed 's/.*= //')
status=$(curl -s -m 20 -o "$home/answer" -w '%{http_code}' "$url/v1/sources/fin" \
    -H 'Content-Type: application/json' -H "X-Hub-Signature: sha1=$seal" --data-binary "@$home/fin")
is 'S3 notifications of a platform' "$status" 200
quiet
first=$(decision web:s)
has 'S3 it is handed over' "$first" '"reason":"customer_request"'
is 'S3 the model: the same decision, byte for byte' "$(decision model:s)" "$first"
is 'S3 the platform: the same decision, byte for byte' "$(decision fin:s)" "$first"
is 'S3 three tickets, each its own' "$(tickets)" 3
has 'S3 the platform is told in its own way' "$(cat "$(caught chat '^POST /conversations/s/reply')")" '"admin_id":"991"'

# --- a session from its start to its end ---------------------------------------------
send w-1 '{"type":"usher.session.started","data":{"conversation_id":"w"}}'
send w-2 "$(message w 'Where is my invoice?')"
send w-3 '{"type":"usher.session.ended","data":{"conversation_id":"w"}}'
quiet
is 'S11 ended without a word on it: unresolved' "$(ask /v1/conversations/web:w | jq -r .decision.reason)" ended_unresolved
is 'S8 one decision at the message, one at the end' "$(actions w)" 'keep escalate '
before=$(tickets)
for n in 1 2 3; do
    send w-3 '{"type":"usher.session.ended","data":{"conversation_id":"w"}}'
    is "S8 told again ($n): acknowledged" "$status" 202
done
quiet
is 'S8 and decided no more' "$(decisions w)" 2
is 'S8 nor handed over again' "$(tickets)" "$before"

send r-1 "$(message r 'When are you open?')"
send r-2 '{"type":"usher.session.ended","data":{"conversation_id":"r","outcome":"resolved_confirmed"}}'
quiet
is 'S2 resolved: the AI keeps it' "$(actions r)" 'keep keep '
is 'S2 no call to the helpdesk' "$(tickets)" "$before"
is 'S2 it counts as resolved' "$(ask /v1/conversations/web:r | jq -c '[.outcome, .state]')" '["resolved_confirmed","resolved"]'
send a-1 "$(message a 'When are you open?')"
send a-2 '{"type":"usher.session.ended","data":{"conversation_id":"a","outcome":"resolved_assumed"}}'
quiet
is 'S11 assumed is not confirmed' "$(ask /v1/conversations/web:a | jq -r .outcome)" resolved_assumed
is 'S11 and a rule can tell' "$(actions a)" 'keep notify '
is 'S82 what no rule wants stays with the AI' "$(tickets)" "$before"

# --- asked for by the chat itself ------------------------------------------------------
handed() { # NAME CONVERSATION MEMBERS WANT
    send "$2-1" "$(message "$2" 'Hello there')"
    quiet
    is "$1: nothing yet" "$(actions "$2")" 'keep '
    send "$2-2" "{\"type\":\"usher.$5\",\"data\":{\"conversation_id\":\"$2\"$3}}"
    is "$1: taken" "$status" 202
    quiet
    is "$1: handed over at once" "$(decision "web:$2" | jq -r '[.action, .reason, .rule] | join(" / ")')" "$4"
}
handed 'S9 S121 a flow of the chat' f ',"via":"flow"' 'escalate / customer_request / asked for a person' handoff.requested
handed 'S160 an action node' n ',"via":"action_node"' 'escalate / customer_request / asked for a person' handoff.requested
handed 'S161 a human takes over' t ',"actor":"ana"' 'escalate / takeover / built-in: a human took over' takeover
handed 'S161 the same, told as a hand-over' u ',"via":"takeover","actor":"ana"' 'escalate / takeover / built-in: a human took over' handoff.requested
handed 'S119 a workflow wants a review' v ',"review_required":true' 'escalate / policy_review / a person has to look at it' signal

# --- after the hand-over -------------------------------------------------------------------
before=$(tickets)
stops=$(caught chat '"type":"usher.ai.stop"' | wc -l)
send f-3 '{"type":"usher.message","data":{"conversation_id":"f","mode":"append","first_index":1,"messages":[{"role":"assistant","content":"May I try once more?"}]}}'
send f-4 "$(message f 'Please answer, order 4711' 2)"
quiet
is 'S37 what the AI says late is kept' "$(ask /v1/conversations/web:f | jq -r '.messages[1].text')" 'May I try once more?'
is 'S37 and counted' "$(ask /v1/conversations/web:f | jq -r .ai.late_messages)" 1
has 'S37 and seen' "$(ask /metrics)" 'usher_late_ai_messages_total 1'
update=$(caught desk '^PUT /api/v2/tickets/' | tail -n 1)
has 'S59 what the customer says goes to the ticket' "$(cat "$update")" 'Please answer, order 4711'
is 'S59 to that one only' "$(tickets)" "$before"
is 'S59 the AI is not asked to answer' "$(caught chat 'order 4711' | wc -l)" 0
[ "$stops" -ge 1 ] || fail 'S59 no AI was stopped'
order=$(for file in $(caught chat '"conversation_id":"f"'); do body_of "$file" | jq -r .type; done | tr '\n' ' ')
is 'S37 stopped, told, then closed' "$order" 'usher.ai.stop usher.reply usher.session.close '
stop_engine
is 'it stops in order' "$status" 0

# --- a shell script as a chat ------------------------------------------------------------------
[ "$(wc -l <"$root/tests/flow/session")" -le 20 ] || fail 'S7 more than 20 lines'
sed -i 's/secret "WEB_SECRET"/secret "WEB_SECRET_PLAIN", verify = "bearer"/' "$home/usher.conf.lua"
start_engine
printf '%s\n' 'Where is my invoice?' 'In your account.' 'It is not there' |
    sh "$root/tests/flow/session" "$url" "$WEB_SECRET_PLAIN" script || fail 'S7 the script failed'
quiet
is 'S7 twenty lines of shell feed a session' "$(ask /v1/conversations/web:script | jq -c '[.message_count, .decision.reason]')" '[3,"ended_unresolved"]'
echo 'x' | sh "$root/tests/flow/session" "$url" wrong script2 2>/dev/null && fail 'S7 a wrong token was taken'
ok 'S7 only with the right token'
stop_engine
is 'it stops in order' "$status" 0
