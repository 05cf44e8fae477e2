#!/bin/sh
# What stands in a ticket: the whole conversation and everything known about
# it, for the right group, as the helpdesk takes it. S16-S21 S25 S28 S31 S32
# S52 S55-S57 S73 S74 S81 S83 S105 S122 S127 S132 S136-S138 S140 S157 S168
. "$(dirname "$0")/lib.sh"
cp -r "$root/tests/policy" "$home/rules"
rm "$home/rules/rules_test.lua"
cat >"$home/rules/more.lua" <<'EOF'
rule "to the desk" {
  when     = says "own desk",
  escalate = { reason = "desk", helpdesk = "own", next_step = "Reply." },
}
rule "the newest only" {
  when     = says "newest only",
  escalate = { reason = "short", transcript = "last_n", transcript_n = 2, next_step = "Reply." },
}
rule "campaign" {
  when     = attribute "campaign" :is "autumn",
  escalate = { reason = "campaign", next_step = "Honour the offer of {attributes.campaign}." },
}
EOF
configure_caught 'helpdesk "own" { adapter = "desk" }' "$home/rules"
start_engine

# ticket_of CONVERSATION: the request that made its ticket, as JSON
ticket_of() {
    hid=$(stored "SELECT hid FROM handoff WHERE conv = 'web:$1'")
    [ -n "$hid" ] || fail "$1 was not handed over"
    for file in $(made); do
        body_of "$file" | jq -c --arg hid "$hid" 'select(.ticket.external_id == $hid) | .ticket'
    done
}
# texts_in FILE: the texts of a transcript in HTML, one a line
texts_in() {
    sed '1,/<h3>Conversation<\/h3>/d' "$1" | sed -n 's/^\([^<].*\)<br>$/\1/p'
}

# --- everything that is known ---------------------------------------------------
cat >"$home/texts" <<'EOF'
Hello
Hi, how can I help?
Since Tuesday the app crashes when I open order 88213 🙈
Have you tried to install it again?
Yes, twice. مرحبا
Then please wait for the next version.
I want to talk to a real person, right now
EOF
jq -cnR '[inputs] as $texts | {type: "usher.message", data: {
    conversation_id: "k1", channel: "web", mode: "snapshot",
    customer: {id: "c-7", name: "Mara Okafor", email: "mara@customer.example",
        phone: "+49 30 901820", locale: "en-GB", tier: "gold"},
    intent: {name: "technical_unresolved", title: "App crash", confidence: 0.8},
    attributes: {order_number: "88213", account_id: "A-9", cart: {items: 3}, campaign: "spring"},
    fields: {device: "phone"},
    messages: ([$texts | to_entries[] | {
        role: (if .key % 2 == 0 then "user" else "assistant" end),
        content: .value, at: "2026-03-0\(1 + .key)T10:20:30Z"}]
        | .[3].tool_calls = [{id: "t1", type: "function", function: {name: "find_build", arguments: "{}"}}]
        | .[0:4] + [{role: "tool", tool_call_id: "t1", content: "no newer build"}] + .[4:])}}' \
    "$home/texts" >"$home/event"
post e-1 "$home/event"
is 'S83 a chat comes in' "$status" 202
quiet
ticket_of k1 >"$home/ticket"
jq -r .comment.html_body "$home/ticket" >"$home/html"
html=$(cat "$home/html")
is 'S83 S74 one ticket' "$(made | wc -l)" 1
texts_in "$home/html" | grep -v find_build >"$home/there"
is 'S16 S55 every message, in order, as it was said' "$(sha256sum <"$home/there")" "$(sha256sum <"$home/texts")"
for head in '1. Customer, 2026-03-01T10:20:30' '2. AI, 2026-03-02T10:20:30' '9. Customer, 2026-03-07T10:20:30'; do
    has "S16 who and when: $head" "$html" "<b>$head"
done
is 'S17 S25 the subject' "$(jq -r .subject "$home/ticket")" '[AI] App crash: Since Tuesday the app crashes when I open order 88213 🙈'
is 'S17 the intent in its field' "$(jq -r '.custom_fields[] | select(.id == 503) | .value' "$home/ticket")" technical_unresolved
is 'S17 the intent as a tag' "$(jq -r '.tags | index("technical_unresolved") != null' "$home/ticket")" true
is 'S19 the order number in its field' "$(jq -r '.custom_fields[] | select(.id == 501) | .value' "$home/ticket")" 88213
is 'S20 the account in its field' "$(jq -r '.custom_fields[] | select(.id == 502) | .value' "$home/ticket")" A-9
has 'S21 what nobody foresaw is listed' "$html" '<b>campaign:</b> spring'
has 'S21 nested too' "$html" '<b>cart:</b> {&quot;items&quot;:3}'
is 'S28 the tags of origin and reason' "$(jq -c '.tags[0:3]' "$home/ticket")" '["usher","ai-handoff","reason:customer_request"]'
is 'S18 S27 the requester' "$(jq -c .requester "$home/ticket")" '{"email":"mara@customer.example","name":"Mara Okafor"}'
is 'S32 S138 technical: the group of the second level' "$(jq -r .group_id "$home/ticket")" 36002
is 'the priority' "$(jq -r .priority "$home/ticket")" normal
for part in '<b>Why:</b> customer_request (rule: asked for a person)' \
    '“I want to talk to a real person, right now” [message 9]'; do
    has "S105 S137 why: $part" "$html" "$part"
done
has 'S105 S138 who, and by what' "$html" '<b>Who:</b> group tier2 (by routing)'
has 'S105 how urgent' "$html" '<b>Urgency:</b> normal (by default)'
has 'S105 S136 what the AI tried' "$html" '<b>Tried:</b> tool find_build ok'
has 'S105 S140 what comes next' "$html" '<b>Next:</b> Reply to: Since Tuesday the app crashes'
has 'S57 a summary' "$html" '<b>Summary:</b> Since Tuesday the app crashes'
has 'S81 S132 the first question, not the greeting' "$html" '<b>First question:</b> Since Tuesday the app crashes when I open order 88213 🙈 [message 3]'
for part in 'Mara Okafor' mara@customer.example '+49 30 901820' gold en-GB '<b>Customer id:</b> c-7' \
    '<b>order_number:</b> 88213' '<b>account_id:</b> A-9' '<b>device:</b> phone'; do
    has "S56 S81 S132 nothing has to be asked again: $part" "$html" "$part"
done
top=$(head -c 1500 "$home/html")
has 'S105 the brief is on top' "$top" '<b>Next:</b>'

# --- and what the ticket is to us -------------------------------------------------
is 'S157 title, status, priority, group' "$(ask /v1/tickets | jq -c '.tickets[0] | [.title, .status, .priority, .group]')" \
    '["[AI] App crash: Since Tuesday the app crashes when I open order 88213 🙈","open","normal","tier2"]'
send e-2 "$(message k2 'You promised to call back')"
quiet
is 'S157 S122 the assignee' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:k2") | .assignee')" ana@shop.example
is 'S157 the helpdesk has the same' "$(ticket_of k2 | jq -r .assignee_email)" ana@shop.example

# --- little known -------------------------------------------------------------------
send e-3 '{"type":"usher.message","data":{"conversation_id":"k3","mode":"append","first_index":0,"messages":[{"role":"user","content":"human please"}]}}'
quiet
ticket_of k3 >"$home/ticket"
is 'S74 without any customer: a ticket' "$(jq -r .subject "$home/ticket")" '[AI] human please'
is 'S74 with no requester made up' "$(jq -c '[.requester, .requester_id]' "$home/ticket")" '[null,null]'
html=$(jq -r .comment.html_body "$home/ticket")
case $html in *null* | *'<b>Name:'* | *'<b>E-mail:'*) fail "S56 absent details: $html" ;; esac
ok 'S56 what is absent is left out'
has 'S57 a summary even so' "$html" '<b>Summary:</b> human please'

# --- reasons, groups, tags ------------------------------------------------------------
with() { # CONVERSATION TEXT MEMBERS
    printf '{"type":"usher.message","data":{"conversation_id":"%s","channel":"web","mode":"append","first_index":0,"messages":[{"role":"user","content":"%s"}]%s}}' "$1" "$2" "${3:-}"
}
send e-4 "$(with k4 'The invoice is wrong' ',"intent":"billing_unresolved"')"
send e-5 "$(with k5 'Everything is down' ',"intent":"outage"')"
send e-6 "$(with k6 'I want a REFUND?' ',"attributes":{"order_number":"7"}')"
send e-7 "$(with k7 'Is the offer still there?' ',"attributes":{"campaign":"autumn"}')"
quiet
is 'S31 billing goes to billing' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:k4") | .group')" billing
has 'S127 another group investigates' "$(ticket_of k5 | jq -r .comment.html_body)" '<b>Who:</b> group engineering (by rule)'
has 'S122 S127 which is what comes next' "$(ticket_of k5 | jq -r .comment.html_body)" '<b>Next:</b> Find out what broke. (investigate)'
has 'S122 an approval is wanted' "$(ticket_of k6 | jq -r .comment.html_body)" 'the refund for order 7. (approval)'
is 'S168 the event by its name' "$(ticket_of k6 | jq -r '.tags | index("refund") != null')" true
is 'S168 one ticket of it' "$(ticket_of k6 | wc -l)" 1
has 'S21 a rule may look at what nobody foresaw' "$(ticket_of k7 | jq -r .comment.html_body)" 'Honour the offer of autumn.'

# --- how much of it, and where ----------------------------------------------------------
send e-8 '{"type":"usher.message","data":{"conversation_id":"k8","mode":"snapshot","messages":[{"role":"user","content":"oldest"},{"role":"assistant","content":"older"},{"role":"user","content":"newest only"}]}}'
send e-9 "$(with k9 'own desk please')"
quiet
html=$(ticket_of k8 | jq -r .comment.html_body)
is 'S73 the newest messages only' "$(ticket_of k8 | jq -r .comment.html_body >"$home/html" && texts_in "$home/html" | tr '\n' '|')" 'older|newest only|'
is 'S52 a rule chooses the helpdesk' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:k9") | .helpdesk')" own
is 'S52 and the other one gets nothing' "$(ticket_of k9)" ''
is 'S52 who does not choose gets the default' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:k8") | .helpdesk')" zd

stop_engine
is 'it stops in order' "$status" 0
