#!/bin/sh
# A hand-over with everything on it: explained while it is open, due at a
# time, named by its rule. S51 S73 S82 S139 S168
. "$(dirname "$0")/lib.sh"
cp -r "$root/tests/policy" "$home/rules"
rm "$home/rules/rules_test.lua"
cat >"$home/rules/more.lua" <<'RULES'
rule "to the desk" {
  when     = says "own desk",
  escalate = { reason = "desk", helpdesk = "own", priority = "urgent", next_step = "Reply." },
}
rule "what it is about now" {
  when     = intent "invoice",
  escalate = { reason = "billing", transcript = "since_topic", next_step = "Reply." },
}
RULES
configure_caught 'helpdesk "own" { adapter = "desk" }
sla { urgent = "30m", high = "4h", normal = "1d" }' "$home/rules"
sed -i 's/intent = 503/&, due_at = 504/' "$home/usher.conf.lua"
start_engine
# ticket_of CONVERSATION: the request that made its ticket, as JSON
ticket_of() {
    hid=$(stored "SELECT hid FROM handoff WHERE conv = 'web:$1'")
    [ -n "$hid" ] || fail "$1 was not handed over"
    for file in $(made); do
        body_of "$file" | jq -c --arg hid "$hid" 'select(.ticket.external_id == $hid) | .ticket'
    done
}

# --- explained, as it stands -----------------------------------------------------
send e-1 "$(message k1 "$human")"
quiet
ask /v1/conversations/web:k1 >"$home/k1"
is 'S82 one ticket in it' "$(jq -r --stream 'select(length == 2 and .[0] == ["ticket", "id"]) | .[1]' "$home/k1" | wc -l)" 1
is 'S82 with its helpdesk' "$(jq -r .ticket.helpdesk "$home/k1")" zd
"$USHER" explain --policy "$root/tests/policy" - <"$home/k1" >"$home/said" 2>&1 || fail "explain: $(cat "$home/said")"
has 'S82 a conversation with a ticket is explained as it was decided' "$(cat "$home/said")" 'by rule asked for a person, reason customer_request'

# --- named --------------------------------------------------------------------------
is 'S51 the rule is a tag of the ticket' "$(ticket_of k1 | jq -c '[.tags[] | select(startswith("rule:") or startswith("event:"))]')" '["rule:asked-for-a-person"]'

# --- of the newest matter only ---------------------------------------------------------
about() { # EVENT INTENT FIRST-INDEX TEXT ANSWER
    send "$1" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"t1\",\"mode\":\"append\",\"first_index\":$3,\"intent\":\"$2\",\"messages\":[{\"role\":\"user\",\"content\":\"$4\"},{\"role\":\"assistant\",\"content\":\"$5\"}]}}"
}
about t-1 delivery 0 'Where is it now?' 'On its way.'
quiet
about t-2 invoice 2 'And what is this sum?' 'I do not know.'
quiet
ticket_of t1 | jq -r .comment.html_body >"$home/html"
is 'S73 since the topic' "$(sed '1,/<h3>Conversation<\/h3>/d' "$home/html" | sed -n 's/^\([^<].*\)<br>$/\1/p' | tr '\n' '|')" 'And what is this sum?|I do not know.|'

# --- due ----------------------------------------------------------------------------
send e-2 "$(message k2 'I want a refund')"
send e-3 "$(message k3 'own desk please')"
send e-4 "$(message k4 'contract renewal')"
quiet
within_of() { stored "SELECT (sla_at - opened_at) / 60000 FROM handoff WHERE conv = 'web:$1'"; }
is 'S139 high: four hours' "$(within_of k2)" 240
is 'S139 normal: a day' "$(within_of k1)" 1440
is 'S139 urgent: half an hour' "$(within_of k3)" 30
is 'S139 low: nothing is promised' "$(within_of k4)" ''
due=$(ask /v1/conversations/web:k2 | jq -r .ticket.due_at)
case $due in 20[0-9][0-9]-*T*Z) ok "S139 the ticket knows it: $due" ;; *) fail "S139 due_at: $due" ;; esac
is 'S139 so does the hand-over' "$(ask "/v1/handoffs/$(stored "SELECT hid FROM handoff WHERE conv = 'web:k2'")" | jq -r .due_at)" "$due"
ticket_of k2 >"$home/ticket"
has 'S139 the brief says it' "$(jq -r .comment.html_body "$home/ticket")" "<b>Urgency:</b> high (by rule), due $due"
is 'S139 and the helpdesk has it in a field' "$(jq -r '.custom_fields[] | select(.id == 504) | .value' "$home/ticket")" "$due"
is 'S139 with the priority' "$(jq -r .priority "$home/ticket")" high
is 'S139 no promise, no field' "$(ticket_of k4 | jq -c '[.custom_fields[]? | select(.id == 504)]')" '[]'
is 'S139 the own desk has it too' "$(ask /v1/tickets | jq -r '.tickets[] | select(.helpdesk == "own") | .due_at != null')" true

stop_engine
is 'it stops in order' "$status" 0
