#!/bin/sh
# Tickets that are there already: a repeat contact goes on in its ticket (P15),
# an incident is worked on once (P14), who is called besides (P5 P7 P16), and
# that somebody answers for each hand-over. S116 S131
. "$(dirname "$0")/lib.sh"
PAGER_SECRET=whsec_$(openssl rand -base64 32)
export PAGER_SECRET
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-rules.lua" <<'EOF'
rule "back again" {
  when     = all { asks_for_human(), attribute "last_ticket" :present() },
  escalate = { reason = "repeat", append_to = "{attributes.last_ticket}", priority = "high", tags = { "repeat_contact" }, next_step = "Read what was said before." },
}
rule "back at the desk" {
  when   = says "desk again",
  append = { reason = "repeat", append_to = "{attributes.last_ticket}", helpdesk = "own", next_step = "Reply." },
}
rule "to the desk" {
  when     = says "own desk",
  escalate = { reason = "desk", helpdesk = "own", next_step = "Reply." },
}
rule "in danger" {
  when     = says "danger", final = true,
  escalate = { reason = "safety", priority = "urgent", notifiers = { "pager" }, next_step = "Call." },
}
rule "a loop" { when = says "loop", notify = { reason = "loop", notifiers = { "operations" } } }
rule "a vip in the incident" {
  when     = all { says "payment failed", tier "vip" },
  escalate = { reason = "incident", link_to = "35001", next_step = "Call." },
}
rule "the incident" {
  when = says { "payment failed", "invoice of last month", "keeps loading", "delivery address", "delivery take" },
  link = { link_to = "35001", message = "We know, and we are working on it." },
}
rule "in time" {
  when     = says "promised",
  escalate = { reason = "sla_risk", timing = "sla", next_step = "Answer." },
}
rule "asks for a person" { when = asks_for_human(), escalate = { reason = "customer_request", next_step = "Reply." } }
EOF
configure "helpdesk \"own\" { adapter = \"desk\" }
default_helpdesk \"zd\"
notifier \"pager\" {
  adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/pager\", secret = secret \"PAGER_SECRET\",
  allow_private = true, allow_plain = true, on_request = true, at_once = true,
}
notifier \"operations\" { adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/operations\", allow_private = true, allow_plain = true, on_request = true }
notifier \"team\" { adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/team\", allow_private = true, allow_plain = true }
sla { vip = { escalate = \"63s\" }, premium = { escalate = \"1h\" } }"
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
catcher told http "$port_a"
start_engine
say() { # CONVERSATION TEXT [MORE MEMBERS OF DATA]
    count=$((${count:-0} + 1))
    send "s-$count" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$1\",\"channel\":\"web\",\"mode\":\"append\",\"first_index\":$count,\"messages\":[{\"role\":\"user\",\"content\":\"$2\"}]${3:-}}}"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
}
last() { printf ',"attributes":{"last_ticket":"%s"}' "$1"; }
ticket() { stored "SELECT display_id || ' ' || coalesce(relation, '-') FROM ticket WHERE conv = 'web:$1'"; }
comments() { curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/$1" | jq -r '.comments | length'; }
state() { curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/$1" | jq -r .ticket.status; }
updates() { ledger "select(.kind == \"update\" and .more == \"$1\") | .more" | wc -l | tr -d ' '; }

# --- P15: the same ticket, once, whatever becomes of the request --------------------
say first "$human"
quiet
is 'a ticket' "$(ticket first)" '35001 -'
control '{"ticket":35001,"status":"solved"}' >/dev/null
say again "$human" "$(last 35001)"
quiet
is 'P15 it goes on in its ticket' "$(ticket again)" '35001 appended'
is 'P15 ticket count 1, opened again, one comment' "$(count_of ticket) $(state 35001) $(comments 35001)" '1 open 1'
text=$(curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/35001" | jq -r '.comments[0].html_body')
has 'P15 the comment is the brief' "$text" '<b>Next:</b> Read what was said before.'
has 'P15 and the conversation' "$text" "$human"
has 'P15 the customer is told the id of that ticket' "$(stored "SELECT group_concat(kind || ' ' || state) FROM delivery WHERE conv = 'web:again'")" 'notice DONE'
say again 'and one more thing'
quiet
is 'P15 what follows goes there too' "$(comments 35001) $(count_of ticket)" '2 1'
n=0
for fault in lose cut 500x 500 rst; do
    n=$((n + 1))
    before=$(comments 35001)
    control "{\"fault\":\"$fault\",\"every\":1,\"on\":\"update\",\"count\":1}" >/dev/null
    say "f$n" "$human" "$(last 35001)"
    there() { [ "$(ticket "f$n")" = '35001 appended' ]; }
    within 60 there || fail "P15 $fault: $(ask /v1/deliveries)"
    control '{"fault":"none"}' >/dev/null
    quiet 60
    is "P15 $fault: looked up, one comment more" "$(($(comments 35001) - before)) $(count_of ticket)" '1 1'
done
control '{"delay_ms":300}' >/dev/null
before=$(comments 35001)
say killed "$human" "$(last 35001)"
sent() { [ "$(stored "SELECT state FROM delivery WHERE conv = 'web:killed' AND kind = 'ticket'")" = LEASED ]; }
within 10 sent || true
kill_engine
start_engine
there() { [ "$(ticket killed)" = '35001 appended' ]; }
within 60 there || fail "P15 killed: $(ask /v1/deliveries)"
control '{"delay_ms":0}' >/dev/null
quiet 60
is 'P15 killed on the way: one comment' "$(($(comments 35001) - before)) $(count_of ticket)" '1 1'

control '{"ticket":35001,"status":"closed"}' >/dev/null
say closed "$human" "$(last 35001)"
quiet
is 'P15 a helpdesk that does not reopen: a follow-up' "$(ticket closed) $(count_of ticket)" '35002 - 2'
curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/35002/body" >"$home/made"
is 'P15 that names the old one' "$(jq -r .ticket.via_followup_source_id "$home/made")" 35001
has 'P15 in its brief too' "$(jq -r .ticket.comment.html_body "$home/made")" '<b>Earlier ticket:</b> 35001'
say gone "$human" "$(last 99999)"
quiet
is 'P15 a ticket that is gone: a new one' "$(ticket gone)" '35003 -'

say d1 'own desk please'
quiet
number=$(stored "SELECT display_id FROM ticket WHERE conv = 'web:d1'")
sqlite3 "$home/usher.db" "UPDATE ticket SET state = 'resolved' WHERE conv = 'web:d1'"
say d2 'desk again' "$(last "$number")"
say d3 'desk again' "$(last U-NOTTHERE)"
say d4 'desk again'
quiet
is 'P15 the desk: the same ticket, open again' "$(ticket d2) $(stored "SELECT state FROM ticket WHERE conv = 'web:d1'")" "$number appended open"
is 'P15 the desk: an unknown number, or none, is a new ticket' "$(stored "SELECT count(DISTINCT remote_id) FROM ticket WHERE conv IN ('web:d3', 'web:d4') AND relation IS NULL")" 2
is 'P15 it is shown' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:d2") | .relation')" appended

# --- P14: one ticket for all of them -------------------------------------------------
control '{"ticket":35001,"status":"open","type":"problem"}' >/dev/null
say v1 'My payment failed' ',"customer":{"id":"c-1","tier":"vip"}'
quiet
is 'P14 a ticket of the incident' "$(curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/35004/body" | jq -c '[.ticket.type, .ticket.problem_id]')" '["incident",35001]'
is 'P14 kept with the ticket' "$(ask /v1/tickets | jq -r '.tickets[] | select(.conversation == "web:v1") | .linked_to')" 35001
before=$(comments 35001)
say i1 'My payment failed'
say i1 'it failed, I said'
quiet
is 'P14 a link, no ticket, the AI goes on' "$(stored "SELECT count(*) FROM link WHERE conv = 'web:i1'") $(ticket i1) $(ask /v1/conversations/web:i1 | jq -r .control)" '1  ai'
is 'P14 told once' "$(ledger 'select(.kind == "usher.reply" and .id == "i1") | .id' | wc -l | tr -d ' ')" 1
has 'P14 the ticket hears of the customer' "$(curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/35001" | jq -r '.comments[0].html_body')" 'My payment failed'
is 'P14 once' "$(($(comments 35001) - before))" 1
tickets=$(count_of ticket)
"$BUILD_DIR/feed" --port "$public" --connections 8 --count 500 --escalate 0 --size 300 --prefix many >"$home/report"
quiet 120
is 'P14 500 customers, 500 links, one ticket' "$(stored "SELECT count(*), count(DISTINCT ticket) FROM link WHERE conv LIKE 'web:many%'") $(($(count_of ticket) - tickets))" '500|1 0'
is 'P14 each is noted there once' "$(($(comments 35001) - before))" 501
is 'P14 they can be seen' "$(ask /v1/links | jq -c '.links | map([.helpdesk, .ticket, .conversations])')" '[["zd","35001",501]]'

# --- who is called besides ------------------------------------------------------------
is 'who waits to be named was told nothing so far' "$(caught told 'POST /pager' | wc -w) $(caught told 'POST /operations' | wc -w)" '0 0'
control '{"fault":"503","every":1,"on":"ticket"}' >/dev/null
say p7 'I am in danger'
called() { [ "$(caught told 'POST /pager' | wc -w)" = 1 ]; }
within 20 called || fail 'P7 the pager was not called'
is 'P7 called while the helpdesk is down, before the ticket' "$(ticket p7)" ''
has 'P7 signed' "$(cat "$(caught told 'POST /pager')")" 'webhook-signature: v1,'
control '{"fault":"none"}' >/dev/null
ask "/v1/deliveries/$(stored "SELECT did FROM delivery WHERE conv = 'web:p7' AND kind = 'ticket'")/retry" -X POST >/dev/null
there() { [ -n "$(ticket p7)" ]; }
within 60 there || fail "P7 no ticket: $(ask /v1/deliveries)"
quiet 60
is 'P7 once' "$(caught told 'POST /pager' | wc -w)" 1
of() { stored "SELECT group_concat(dest) FROM (SELECT DISTINCT dest FROM delivery WHERE conv = 'web:$1' AND kind = 'notify' ORDER BY dest)"; }
is 'P5 the others are told as of every hand-over' "$(of p7)" 'notifier:pager,notifier:team'
say p16 'a loop'
quiet
is 'P16 an alert to one' "$(of p16) $(caught told 'POST /operations' | wc -w)" 'notifier:operations 1'

# --- S131: until the promise leaves no more time ----------------------------------------
say s1 'I was promised' ',"customer":{"id":"c-9","tier":"premium"}'
say s2 'I was promised' ',"customer":{"id":"c-8","tier":"vip"}'
quiet
is 'S131 it waits until the promise, less a minute' "$(stored "SELECT (due_at - json_extract(slots, '\$.started_at_ms')) / 1000 FROM timer t JOIN conversation c USING (tenant, conv) WHERE conv = 'web:s1'")" 3540
there() { [ -n "$(ticket s2)" ]; }
within 20 there || fail 'S131 the promise was not kept'
ok 'S131 and hands over then'
quiet
is 'S131 the tier changes: the same rule, another moment' "$(
    send s-tier '{"type":"usher.signal","data":{"conversation_id":"s1","customer":{"id":"c-9","tier":"vip"}}}'
    sleep 5
    quiet
    stored "SELECT action FROM decision WHERE conv = 'web:s1' ORDER BY n DESC LIMIT 1"
)" escalate

# --- S116: somebody answers for each ---------------------------------------------------
is 'S116 each hand-over has one owner' "$(stored "SELECT count(*) FROM handoff WHERE owner_kind NOT IN ('assignee', 'group', 'fallback') OR owner_kind IS NULL OR owner = ''")" 0
unowned() { ask /metrics | sed -n 's/^usher_handoffs_unowned //p'; }
is 'S116 nobody is missing' "$(unowned)" 0
total=$(stored 'SELECT count(*) FROM handoff')
stop_engine
sed -i 's/"support", "billing"/"somebody", "billing"/; s/^default_group .*/default_group "somebody"/' "$home/usher.conf.lua"
start_engine
missed() { [ "$(unowned)" = "$total" ]; }
within 10 missed || fail "S116 $(unowned) of $total are missed"
ok 'S116 a group that is gone: counted'
has 'S116 and said' "$(grep handoffs.unowned "$home/usher.log" | tail -n 1)" 'support'
stop_engine
is 'it stops in order' "$status" 0
