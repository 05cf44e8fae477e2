#!/bin/sh
# usher report: what was handed over in a week, by rule, reason, group, priority
# and tag; what of it was too much, by what people say and by two signs; which
# rules never fired. usher label. Every total is that of the store.
# S151 S152 S182 S183 N9 (never fired) N12 (labels, signs)
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10.lua" <<'EOR'
rule "asks for a person" {
  owner = "desk",
  when = asks_for_human(),
  escalate = { reason = "customer_request", next_step = "Reply.", tags = { "asked" } },
}
rule "stuck" {
  owner = "desk",
  when = says { "stuck" },
  escalate = { reason = "ai_unresolved", group = "tier2", priority = "urgent", next_step = "Answer.", tags = { "bug" } },
}
rule "never said" {
  owner = "nobody",
  when = says { "xyzzy" },
  escalate = { reason = "magic", next_step = "Answer." },
}
rule "hello" {
  owner = "desk",
  when = says { "hello" },
  offer = { message = "Shall I get a colleague?" },
}
budget "tier2" { groups = { "tier2" }, rate = "1/d", burst = 3 }
EOR
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
count=0
say() { # CONVERSATION TEXT [INDEX]
    count=$((count + 1))
    send "s-$count" "$(message "$1" "$2" "${3:-0}")"
    [ "$status" = 202 ] || fail "$1: $status $(cat "$home/answer")"
}
for n in 1 2 3 4; do say "p$n" "$human"; done
for n in 1 2 3 4 5; do say "s$n" 'I am stuck'; done
for n in 1 2 3; do say "h$n" 'hello there'; done
quiet
say p1 'Never mind, thanks, it works now!' 1
say s2 'Are you there?' 1
quiet
report() { "$USHER" report --socket "$home/admin.sock" "$@"; }
hid() { stored "SELECT hid FROM handoff WHERE conv = 'web:$1'"; }

# --- labels ------------------------------------------------------------------------
for n in p1 p2; do "$USHER" label --socket "$home/admin.sock" "$(hid $n)" needless >"$home/said" || fail "label $n"; done
is 'a label is told' "$(cat "$home/said")" "$(hid p2) (web:p2): needless"
"$USHER" label --socket "$home/admin.sock" "$(hid s1)" needed >/dev/null || fail label
"$USHER" label --socket "$home/admin.sock" "$(hid p3)" needed >/dev/null || fail label
"$USHER" label --socket "$home/admin.sock" "$(hid p3)" none >/dev/null || fail label
is 'it stands in the hand-over' "$(ask "/v1/handoffs/$(hid p1)" | jq -r .label)" needless
is 'and can be taken back' "$(ask "/v1/handoffs/$(hid p3)" | jq -r .label)" null
is 'each has its row in the audit' "$(stored "SELECT group_concat(verb, ' ') FROM (SELECT verb FROM audit WHERE verb LIKE 'label.%' ORDER BY n)")" 'label.needless label.needless label.needed label.needed label.none'
is 'it names the hand-over' "$(stored "SELECT obj FROM audit WHERE verb = 'label.none'")" "handoff/$(hid p3)"
"$USHER" label --socket "$home/admin.sock" nosuch needed 2>"$home/said" && fail 'a hand-over that is not there is labelled'
has 'no such hand-over' "$(cat "$home/said")" 'There is no such id'
"$USHER" label --socket "$home/admin.sock" "$(hid p1)" perhaps 2>/dev/null
is 'no such label: usage' $? 2
is 'nor over HTTP' "$(ask "/v1/handoffs/$(hid p1)/label?is=perhaps" -X POST -o /dev/null -w '%{http_code}')" 422
is 'a page of hand-overs' "$(ask '/v1/handoffs?limit=2' | jq -c '[(.handoffs | length), (.next != null)]')" '[2,true]'

# --- the report ------------------------------------------------------------------------
report --json >"$home/report" || fail report
r() { jq -c "$1" "$home/report"; }
is 'S151 conversations and hand-overs are those of the store' "$(r '[.conversations, .handed_over]')" \
    "[$(stored 'SELECT count(DISTINCT conv) FROM decision'),$(stored 'SELECT count(*) FROM handoff')]"
is 'S152 by rule, with what people say' "$(r '[.by.rule[] | [.rule, .handed_over, .needless, .needed]]')" '[["asks for a person",4,2,0],["stuck",3,0,1],["hello",0,0,0]]'
is 'S152 the share of the conversations that a rule matched' "$(r '[.by.rule[] | [.rule, .matched, .held_back]]')" '[["asks for a person",4,0],["stuck",5,2],["hello",3,0]]'
is 'S152 in percent' "$(r '.by.rule[0].percent_matched')" 33.3333
is 'N11 held back by a budget' "$(r .held_back)" "$(stored "SELECT count(*) FROM decision WHERE json_extract(outcome, '$.budget.exceeded') = 1")"
is 'by reason' "$(r '[.by.reason[] | [.reason, .handed_over]]')" '[["customer_request",4],["ai_unresolved",3]]'
is 'by group' "$(r '[.by.group[] | [.group, .handed_over]]')" '[["support",4],["tier2",3]]'
is 'S183 by priority, and the share of urgent' "$(r '[(.by.priority[] | [.priority, .handed_over]), .percent_urgent]')" '[["normal",4],["urgent",3],42.8571]'
is 'S182 by tag, without those that every ticket has of its rule' "$(r '[.by.tag[] | [.tag, .handed_over]]')" '[["ai-handoff",7],["usher",7],["asked",4],["bug",3]]'
is 'N12 the customer thanked, before a human spoke' "$(r '[.handoffs[] | select(.why // "" | contains("thanked")) | .conversation]')" '["web:p1"]'
is 'N12 a sign is right, and one needless was without' "$(r '[.signs.right, .signs.wrong, .signs.missed]')" '[1,0,1]'
has 'S151 what the signs mean is told' "$(r .signs.definition)" 'within 10 minutes'
is 'S151 down to the conversations, the worst first' "$(r '[.handoffs[] | select(.suspect) | [.conversation, .why]]')" '[["web:p1","labelled needless, thanked before a human spoke"],["web:p2","labelled needless"]]'
is 'N9 the rule that never fired' "$(r '[.rules, .never_fired]')" '[4,[{"rule":"never said","owner":"nobody"}]]'
report >"$home/text" || fail report
for line in 'never fired in this time: 1 of 4 rules in force' '  urgent                            3   42.86 % of hand-overs' 'by tag' \
    'perhaps too much (2 of 2' "web:p1  $(hid p1)"; do
    has "the text has: $line" "$(cat "$home/text")" "$line"
done
grep -q 'one in twenty' "$home/text" && fail 'S183 of seven hand-overs nobody can say that too many are urgent'
report --html "$home/page.html" >/dev/null || fail report
has 'S151 the page has the same figures' "$(tr -d '\n' <"$home/page.html" | sed 's/<[^>]*>/ /g; s/  */ /g')" '12 conversations 7 handed over, 58.33 % 3 urgent, 42.86 % 2 held back by budgets'
xmllint --noout "$home/page.html" || fail 'the HTML is not well-formed'
grep -qiE 'https?://|src=|href=|<script|<link' "$home/page.html" && fail 'the HTML needs something else'
has 'the page names the rule that never fired' "$(cat "$home/page.html")" 'never said'

# --- the same from the store, and what the helpdesk says ------------------------------------
report --json >"$home/again" || fail report
cmp -s "$home/report" "$home/again" || fail 'the same report is not the same'
stop_engine
"$USHER" report --store "$home/usher.db" --json >"$home/again" || fail report
cmp -s "$home/report" "$home/again" || fail 'the store tells otherwise than the engine'
ok 'S151 the same bytes again, from the engine and from its store'
sqlite3 "$home/usher.db" "UPDATE ticket SET state = 'closed', remote_at = created_at + 180000 WHERE conv = 'web:s2';
    UPDATE ticket SET state = 'closed', remote_at = created_at + 650000 WHERE conv = 'web:s3'"
"$USHER" report --store "$home/usher.db" --json >"$home/report" || fail report
is 'N12 closed within ten minutes without a human' "$(r '[.handoffs[] | select(.why // "" | contains("closed")) | [.conversation, .why]]')" '[["web:s2","closed after 3 minutes"]]'
"$USHER" report --store "$home/usher.db" --minutes 11 --json >"$home/report" || fail report
is 'or within what is asked for' "$(r '[.handoffs[] | select(.why // "" | contains("closed")) | .conversation] | sort')" '["web:s2","web:s3"]'
sqlite3 "$home/usher.db" "UPDATE handoff SET opened_at = opened_at - 8 * 86400000 WHERE conv LIKE 'web:p%'; UPDATE decision SET at = at - 8 * 86400000 WHERE conv LIKE 'web:p%'"
"$USHER" report --store "$home/usher.db" --json >"$home/report" || fail report
is 'S151 a week is a week' "$(r '[.conversations, .handed_over]')" '[8,3]'
is 'N9 who fired before it, did not in it' "$(r '[.never_fired[].rule]')" '["asks for a person","never said"]'
"$USHER" report --store "$home/usher.db" --since 30d --json >"$home/report" || fail report
is 'but in a month' "$(r .handed_over)" 7
"$USHER" report --store "$home/usher.db" --since soon 2>/dev/null
is 'a time that is none: usage' $? 2
"$USHER" report --store "$home/none.db" 2>/dev/null
is 'no store: 4' $? 4

# Of twenty it can be said.
start_engine
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13; do say "q$n" "$human"; done
quiet
stop_engine
"$USHER" report --store "$home/usher.db" --since 30d --html "$home/page.html" >"$home/text" || fail report
has 'S183 three of twenty are too many' "$(cat "$home/text")" 'more than one in twenty is urgent'
has 'S183 and the page says so' "$(cat "$home/page.html")" 'more than one in twenty is urgent'
