#!/bin/sh
# Who is there: told by the people who know, kept over a kill, seen by the
# rules as facts, made again from them; a full or offline team gives way.
# Skills reach the helpdesk. S72 S96 S97
. "$(dirname "$0")/lib.sh"
mkdir "$home/rules"
cat >"$home/rules/10-groups.lua" <<'EOF'
rule "bill" { when = says "bill", escalate = { reason = "billing", group = "billing", next_step = "Read." } }
rule "spanish" { when = says "factura", escalate = { reason = "billing", skills = { "spanish", "card disputes" }, next_step = "Read.",
  fields = { order_number = "{attributes.order}" } } }
EOF
configure_caught '' "$home/rules"
sed -i '/^groups {/,/^}/d' "$home/usher.conf.lua"
cat >>"$home/usher.conf.lua" <<'EOF'
groups {
  "overflow", support = { ids = { zd = 36001 } },
  billing = { ids = { zd = 36002 }, fallback = { "support", "overflow" } },
  iberia = { ids = { zd = 36003 }, skills = { "spanish", "card disputes" } },
}
EOF
start_engine
put() { # GROUP JSON: the status in `status`
    status=$(curl -s -m 20 -o "$home/answer" -w '%{http_code}' --unix-socket "$home/admin.sock" -X PUT "http://localhost/v1/groups/$1" -d "$2")
}
groups() { "$USHER" groups --socket "$home/admin.sock" "$@"; }
group_of() { stored "SELECT outcome FROM decision WHERE conv = 'web:$1' ORDER BY n DESC LIMIT 1" | jq -r '[.group, .group_from] | join(" by ")'; }
bill() { # CONVERSATION
    send "b-$1" "$(message "$1" 'about my bill')"
    quiet
}

bill a
is 'nothing is known: the rule decides' "$(group_of a)" 'billing by rule'
is 'and no fact says anything' "$(stored "SELECT count(*) FROM decision WHERE json_extract(facts, '$.availability') IS NOT NULL")" 0
put billing '{"capacity": 40, "open": 39}'
is 'a team can be told of' "$status $(answer | jq -r '.groups[0].state')" '200 available'
bill b
is 'S96 there is one place left' "$(group_of b)" 'billing by rule'
groups set billing --capacity 40 --open 40 >"$home/out" || fail 'usher groups set'
has 'usher groups tells what is known' "$(cat "$home/out")" 'billing               full       40 of 40'
bill c
is 'S96 full: the next in order' "$(group_of c)" 'support by fallback'
ticket=$(cat "$(caught desk '36001' | head -n 1)")
has 'S96 the helpdesk assigns it there' "$ticket" '"group_id":36001'
has 'S96 and the human reads why' "$ticket" 'group billing full (40 of 40)'
put support '{"available": false}'
kill_engine
start_engine
is 'it is kept over a kill' "$(groups --json | jq -r '[.groups[] | .name + " " + .state] | join(", ")')" 'billing full, support offline, iberia unknown, overflow unknown'
bill d
is 'S96 the next but one' "$(group_of d)" 'overflow by fallback'
put overflow '{"available": false}'
bill e
is 'S96 nobody is there: it stays' "$(group_of e)" 'billing by rule'
groups forget support >/dev/null || fail 'usher groups forget'
bill f
is 'what is forgotten is unknown, and unknown is there' "$(group_of f)" 'support by fallback'
put billing '{"available": false, "ttl_s": 1}'
sleep 1.2
bill g
is 'what was said for a time is over then' "$(group_of g)" 'billing by rule'
# The facts are stored with the decision
replayed=$("$USHER" decide --replay-all --store "$home/usher.db" 2>&1) || fail "replay: $replayed"
has 'each decision can be made again, whoever is there now' "$replayed" '7 identical, 0 as recorded, 0 differ'

for bad in '{}' '{"capacity": 4}' '{"available": 1}' '{"open": -1, "capacity": 1}' '{"available": true, "ttl": 5}' '[]' '{"available": true, "ttl_s": 99999999}' '{"": 1}'; do
    put billing "$bad"
    is "refused: $(answer | jq -r .detail)" "$status" 422
done
put biling '{"available": true}'
has 'a group that there is not' "$(answer)" 'there is no group'

send s-1 '{"type":"usher.message","data":{"conversation_id":"s","mode":"append","first_index":0,"customer":{"id":"c-1","email":"mara@customer.example"},"attributes":{"order":"88213"},"messages":[{"role":"user","content":"una factura"}]}}'
quiet
is 'S97 who can do it gets it' "$(group_of s)" 'iberia by skills'
ticket=$(cat "$(caught desk '36003' | head -n 1)")
has 'S97 the helpdesk assigns it there' "$ticket" '"group_id":36003'
has 'S97 with what is needed as tags' "$ticket" '"skill_spanish","skill_card_disputes"'
has 'S97 and the human reads it' "$ticket" 'skills: spanish, card disputes'
has 'what a rule puts into a field arrives' "$ticket" '{"id":501,"value":"88213"}'
stop_engine
is 'it stops in order' "$status" 0
