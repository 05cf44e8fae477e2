#!/bin/sh
# A ticket that nobody takes: after so long, in the business time of its group,
# the team is told once and the ticket goes to another group, with a note why; a
# restart repeats nothing; one that was taken is left alone. S149
. "$(dirname "$0")/lib.sh"
HOOK_SECRET=whsec_$(openssl rand -base64 32)
export HOOK_SECRET
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10.lua" <<'EOR'
rule "money" { when = says "refund", escalate = { reason = "refund", group = "billing", priority = "high", next_step = "Refund." } }
rule "to Mara" { when = says "Mara", escalate = { reason = "mine", group = "billing", assignee = "mara@customer.example", next_step = "Reply." } }
rule "at the desk" { when = says "own desk", escalate = { reason = "desk", group = "billing", helpdesk = "own", next_step = "Reply." } }
rule "by night" { when = says "night", escalate = { reason = "night", group = "closed", helpdesk = "own", next_step = "Reply." } }
rule "nobody minds" { when = says "sales", escalate = { reason = "sales", group = "sales", next_step = "Reply." } }
EOR
# Open on one day of the week, the day after tomorrow.
later=$(date -u -d '+2 days' +%a | tr 'A-Z' 'a-z')
configure "helpdesk \"own\" { adapter = \"desk\" }
default_helpdesk \"zd\"
tickets { follow = \"1s\", then_group = \"support\" }
calendar \"later\" { zone = \"UTC\", weekly = { $later = { { \"09:00\", \"17:00\" } } } }
notifier \"team\" { adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/team\", secret = secret \"HOOK_SECRET\", allow_private = true, allow_plain = true }
notifier \"chat\" { adapter = \"webhook\", url = \"http://127.0.0.1:$port_a/chat\", format = \"slack\", allow_private = true, allow_plain = true, on_request = true }"
sed -i "s#^policy .*#policy \"$home/rules\"#;s#^groups .*#groups { support = { ids = { zd = 36001 } }, sales = {}, billing = { ids = { zd = 36002 }, unassigned_after = \"3s\" }, closed = { unassigned_after = \"1s\", calendar = \"later\" } }#" "$home/usher.conf.lua"
catcher told http "$port_a"
start_engine
say() { # CONVERSATION TEXT [INDEX]
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" "${3:-0}")"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
}
there() { control "{\"ticket\":$1,$2}" >/dev/null; }
rang() { [ -n "$(stored "SELECT told_at FROM ticket WHERE conv = 'web:$1'")" ]; }
ticket() { stored "SELECT display_id FROM ticket WHERE conv = 'web:$1'"; }
alerts() { caught told 'usher.ticket.unassigned' | wc -l | tr -d ' '; }
vendor_ticket() { curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/$1" | jq -r "$2"; }

say k1 'I want a refund'
say k2 'I want a refund'
say k3 'I want to talk to Mara'
say k4 'my own desk'
say k5 'at night'
say k6 'hello sales'
say k7 'my own desk'
quiet
there "$(ticket k2)" '"status":"open","assignee":77'
"$USHER" tickets take "$(ticket k7)" Lena --socket "$home/admin.sock" >/dev/null || fail take
within 20 rang k1 || fail "S149 nobody was told: $(ask "/v1/tickets/$(ticket k1)")"
within 20 rang k4 || fail "S149 nobody was told of the desk's: $(ask "/v1/tickets/$(ticket k4)")"
quiet
is 'S149 two tickets, told once each' "$(alerts)" 2
file=$(caught told "handoff_id.:.$(stored "SELECT hid FROM handoff WHERE conv = 'web:k1'")" | while read -r f; do grep -l 'ticket.unassigned' "$f"; done | head -n 1)
is 'S149 a notice of its own type' "$(body_of "$file" | jq -c '[.type, .data.reason, .data.ticket.id, .data.group]')" "[\"usher.ticket.unassigned\",\"unassigned\",\"$(ticket k1)\",\"support\"]"
is 'S149 it says what happened' "$(body_of "$file" | jq -r .data.subject)" "Nobody has taken ticket $(ticket k1) (billing) for 3 seconds; it goes to support."
is 'S149 those on request are told of what names them only' "$(caught told 'Not taken' | wc -l | tr -d ' ')" 0
is 'S149 the ticket is in the other group there' "$(vendor_ticket "$(ticket k1)" .ticket.group_id)" 36001
has 'S149 with an internal note why' "$(vendor_ticket "$(ticket k1)" '.comments[0].html_body')" 'Nobody has taken ticket'
is 'S149 here too, and its owner follows' "$(ask "/v1/tickets/$(ticket k1)" | jq -c '[.group, .owner_kind, .owner, (.unassigned_at != null)]')" '["support","group","support",true]'
is 'S149 the desk: group, note and owner' "$(ask "/v1/tickets/$(ticket k4)" | jq -c '[.group, .owner, .note]')" "[\"support\",\"support\",\"Nobody has taken ticket $(ticket k4) (billing) for 3 seconds; it goes to support.\"]"
is 'S149 in the metrics' "$(metric tickets_unassigned_total)" 2
kill_engine
start_engine
sleep 3
quiet
is 'S149 a restart repeats nothing' "$(alerts) $(vendor_ticket "$(ticket k1)" '.comments | length')" '2 1'
for k in k2:'somebody has it there' k3:'the rule named somebody' k5:'the group is closed today' k6:'a group that nobody minds' k7:'somebody took it here'; do
    rang "${k%%:*}" && fail "${k#*:}: and it was told"
    ok "S149 ${k#*:}: left alone"
done

# A helpdesk that cannot be asked: nobody is told what nobody knows; when it can
# be, the truth counts. A human in the chat is a human.
say k8 'I want a refund'
say k9 'I want a refund'
say k10 'my own desk'
quiet
count=$((count + 1))
send "s-$count" '{"type":"usher.message","data":{"conversation_id":"k10","mode":"append","first_index":1,"messages":[{"role":"human_agent","content":"I am on it."}]}}'
control '{"fault":"503","every":1,"on":"search"}' >/dev/null
sleep 5
is 'S149 not known is not told' "$(alerts)" 2
there "$(ticket k8)" '"status":"open","assignee":77'
kill_engine
control '{"fault":"none"}' >/dev/null
start_engine
within 20 rang k9 || fail 'S149 after the outage nobody was told'
sleep 2
quiet
is 'S149 what was taken meanwhile is not told, what was not is' "$(alerts)" 3
rang k8 && fail 'S149 it was taken meanwhile'
rang k10 && fail 'S149 a human wrote in the chat'
is 'S110 and that was the first word of a human' "$(ask "/v1/tickets/$(ticket k10)" | jq -r '.first_human_reply_at != null')" true
has 'S149 in the report' "$("$USHER" report --socket "$home/admin.sock")" 'nobody took in time               3'
stop_engine
is 'it stops in order' "$status" 0
