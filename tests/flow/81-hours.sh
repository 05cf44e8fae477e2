#!/bin/sh
# A group that is closed for days: the ticket is due in its hours, the customer
# is told in their own zone when it opens, and the decision keeps what it was
# made from. S79 S87 S88 S139
. "$(dirname "$0")/lib.sh"
mkdir "$home/rules"
cat >"$home/rules/hours.lua" <<'RULES'
rule "a person" {
  when     = asks_for_human(),
  escalate = { reason = "customer_request", next_step = "Reply." },
}
rule "at once" {
  when     = says "now",
  escalate = { reason = "customer_request", group = "always", next_step = "Reply." },
}
modifier "closed" {
  when   = all { asks_for_human(), closed "support" },
  change = { timing = "next_open" },
}
RULES
# Open on one day only, the third from now, from 10:00 to 16:00 in Berlin.
opens=$(TZ=Europe/Berlin date -d '12:00 + 3 days' +%F)
opens_ms=$(($(TZ=Europe/Berlin date -d "$opens 10:00" +%s) * 1000))
configure_caught "calendar \"support\" {
  zone = \"Europe/Berlin\", exceptions = { { \"$opens\", { { \"10:00\", \"16:00\" } } } },
}
sla { vip = { first_response = \"5m\", escalate = \"20m\" }, normal = \"2h\" }" "$home/rules"
sed -i 's/^groups { "support", /groups { "always", support = { calendar = "support" }, /' "$home/usher.conf.lua"
start_engine
said() { # EVENT CONVERSATION TEXT CUSTOMER
    send "$1" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$2\",\"mode\":\"snapshot\",\"language\":\"de\",\"customer\":$4,\"messages\":[{\"role\":\"user\",\"content\":\"$3\"}]}}"
}
said e-1 k1 "$human" '{"id":"1","time_zone":"Asia/Tokyo"}'
said e-2 k2 "$human" '{"id":"2","tier":"vip"}'
said e-3 k3 'I need it now' '{"id":"3"}'
quiet

due_of() { stored "SELECT sla_at FROM handoff WHERE conv = 'web:$1'"; }
is 'S139 normal: two hours of opening' "$(due_of k1)" $((opens_ms + 2 * 3600000))
is 'S88 vip: five minutes of it' "$(due_of k2)" $((opens_ms + 5 * 60000))
is 'S139 a group without hours: two hours from now' \
    "$(stored "SELECT sla_at - opened_at FROM handoff WHERE conv = 'web:k3'")" 7200000
decision_of() { stored "SELECT $2 FROM decision WHERE conv = 'web:$1' ORDER BY n DESC LIMIT 1"; }
is 'S79 it waits for the opening' "$(decision_of k1 outcome | jq -c '[.timing, .at_ms]')" "[\"next_open\",$opens_ms]"
is 'S79 in hours it does not' "$(decision_of k3 outcome | jq -c '[.timing, .at_ms]')" '[null,null]'
is 'the facts are kept' "$(decision_of k1 facts | jq -c '.calendars.support | [.open, .next_open_ms, .next_close_ms]')" \
    "[false,$opens_ms,$((opens_ms + 6 * 3600000))]"
is 'and only those that were asked for' "$(decision_of k1 facts | jq -c '[.calendars | keys, has("sla"), has("groups")]')" '[["support"],false,false]'

told() { # CONVERSATION
    for file in $(caught chat '"type":"usher.reply"'); do
        body_of "$file" | jq -r --arg c "$1" 'select(.data.conversation_id == $c) | .data.text'
    done
}
tokyo=$(TZ=Asia/Tokyo date -d "@$((opens_ms / 1000))" +%H:%M)
has 'S87 the customer is told in their language and zone' "$(told k1)" "$tokyo Uhr. Voraussichtliche"
has 'S87 and when the team is back' "$(told k1)" 'Unser Team ist wieder da: '
has 'S87 without a zone the one of the group is named' "$(told k2)" '10:00 Uhr (Europe/Berlin)'

# Rules whose own tests ask about hours come into force, too: the tests are
# given the calendars.
cat >"$home/rules/hours_test.lua" <<RULES
local asks = conversation { customer "let me talk to a human" }
test "in hours" { given = asks, now = "${opens}T11:00:00Z", expect = { action = "escalate", timing = absent } }
test "out of hours" { given = asks, now = "${opens}T23:00:00Z", expect = { action = "escalate", timing = "next_open" } }
RULES
sed -i 's/"Reply."/"Reply to them."/' "$home/rules/hours.lua"
in_force() { [ "$(ask /v1/policy | jq -r .last_reload.tests_passed)" = 2 ]; }
within 5 in_force || fail "rules with tests about hours: $(ask /v1/policy)"
ok 'N2 N8 tests about hours pass at a reload as they do alone'

stop_engine
is 'it stops in order' "$status" 0
