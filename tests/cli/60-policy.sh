# What a policy can say, in a folder of rules with its table of cases, and what
# usher says about it. Rows: S10-S14 S25 S31 S32 S51 S52 S60-S65 S67 S78 S82
# S119-S122 S127 S159-S164 S166-S168 S170 (see tests/policy/rules_test.lua).
. "$(dirname "$0")/lib.sh"
policy=$root/tests/policy
code 0 "$USHER" test "$policy"
for row in S11 S12 S13 S14 S25 S31 S32 S60 S61 S63 S64 S65 S78 S119 S120 S121 \
    S122 S127 S159 S160 S161 S162 S164 S166 S167 S168 S170; do
    grep -qE "^ok .*\b$row\b" "$work/out" || fail "no case of $row"
done
ok "every case of the policy: $(tail -n 1 "$work/err")"
is_40=$(grep -c '^ok .*S14 trigger phrases' "$work/out")
[ "$is_40" = 40 ] || fail "S14: $is_40 rows"
ok "S14 forty phrases, with and without"

# S67: an utterance and its reason a line.
tab=$(printf '\t')
while IFS=$tab read -r text reason; do
    jq -cn --arg text "$text" '{id: $text, messages: [{role: "customer", text: $text}]}'
done <"$root/tests/corpus/en.tsv" >"$work/corpus.jsonl"
code 0 "$USHER" decide --policy "$policy" --json "$work/corpus.jsonl"
jq -r 'select(.action == "escalate") | [.id, .reason] | @tsv' "$work/out" >"$work/reasons"
[ "$(wc -l <"$work/reasons")" = 7 ] || fail "S67: $(wc -l <"$work/reasons") of seven"
cmp -s "$work/reasons" "$root/tests/corpus/en.tsv" || { diff "$work/reasons" "$root/tests/corpus/en.tsv" >&2; fail "S67"; }
ok "S67 seven utterances, each with its reason"

# S10: the source has no opinion on anything; only the rules differ.
cat >"$work/one.jsonl" <<'J'
{"id":"a","source":"x","messages":[{"role":"customer","text":"Where is my order 4711?"},{"role":"ai","text":"On its way."},{"role":"customer","text":"It is a present"}]}
J
for word in present absent; do
    mkdir "$work/$word"
    printf 'rule "the word" { when = says "%s", escalate = { reason = "word", next_step = "Reply." } }\n' \
        "$word" >"$work/$word/a.lua"
    code 0 "$USHER" decide --policy "$work/$word" --json "$work/one.jsonl"
    jq -r .action "$work/out" >"$work/$word.action"
done
[ "$(cat "$work/present.action")" = escalate ] || fail "S10: no decision without an opinion"
[ "$(cat "$work/absent.action")" = keep ] || fail "S10: the rules did not decide"
ok "S10 the rules decide, not the AI"

# S40: what a machine wrote is no word of the customer.
for auto in true false; do
    echo '{"id":"a","source":"x","messages":[{"role":"customer","text":"I am away, talk to a real person","auto":'$auto'},{"role":"customer","text":"Back again"}]}' >"$work/auto.jsonl"
    code 0 "$USHER" decide --policy "$policy" --json "$work/auto.jsonl"
    jq -r .reason "$work/out" >"$work/$auto.reason"
done
[ "$(cat "$work/true.reason" "$work/false.reason" | tr "\n" " ")" = "ended_unresolved customer_request " ] || fail "S40: $(cat "$work/true.reason")"
ok "S40 rules do not hear what a machine answers"

# S82: what happens without a match, and who says so.
mkdir "$work/none"
echo '-- no rule' >"$work/none/a.lua"
code 0 "$USHER" explain --policy "$work/none" "$work/one.jsonl"
has keep out; has 'no rule matched' out
ok "S82 explain names the default: nothing matched"
cat >"$work/asked.jsonl" <<'J'
{"id":"a","source":"x","messages":[{"role":"customer","text":"hello"}],"handoff":{"via":"takeover","actor":"ana","after_message":1}}
J
code 0 "$USHER" explain --policy "$work/none" "$work/asked.jsonl"
has escalate out; has 'built-in: a human took over' out
ok "S82 explain names the built-in cause"

# S51: the name says what happened, wherever it is shown.
code 0 "$USHER" explain --policy "$policy" "$work/corpus.jsonl" "This is urgent"
has 'by rule urgent, reason urgent' out
code 0 "$USHER" check --policy "$policy"; has "another team has to look into it" out
printf 'rule "a" { when = says "x", keep = true }\n' >"$work/none/a.lua"
printf 'rule "a" { when = says "y", keep = true }\n' >"$work/none/b.lua"
code 3 "$USHER" check --policy "$work/none"; has "b.lua:1" err; has "a.lua:1" err
ok "S51 rule names are shown; the same one twice is refused with both places"
rm "$work/none/b.lua"
printf 'rule { when = says "x", keep = true }\n' >"$work/none/a.lua"
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1" err; has "a title in plain words" err
ok "S163 a rule has a name"

# S52: a helpdesk that a rule names is configured.
cat >"$work/conf.lua" <<'C'
groups { "support" }
helpdesk "first" { adapter = "desk" }
helpdesk "second" { adapter = "desk" }
C
printf 'rule "a" { when = says "x", escalate = { reason = "x", next_step = "y", helpdesk = "second" } }\n' >"$work/none/a.lua"
code 0 "$USHER" check -c "$work/conf.lua" --policy "$work/none"
sed -i 's/second/secnd/' "$work/none/a.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$work/none"; has "did you mean 'second'" err
ok "S52 a rule may choose among the configured helpdesks only"

# What a rule may say is checked before anybody is handed over by it.
# refused EFFECT WORDS
refused() {
    printf -- '-- a rule\nrule "a" { when = says "x", escalate = { reason = "x", next_step = "y", %s } }\n' "$1" >"$work/none/a.lua"
    code 3 "$USHER" check --policy "$work/none"; has "a.lua:2: " err; has "$2" err
}
refused 'need = "aproval"' "need 'aproval' is none of judgment, approval, follow_up, investigate, reply, callback (did you mean 'approval'?)"
refused 'as = "tickets"' "as 'tickets' is none of ticket, conversation (did you mean 'ticket'?)"
refused 'as = true' "as 'true' is none of"
refused 'timing = "nextopen"' "(did you mean 'next_open'?)"
refused 'transcript = "since_topics"' "(did you mean 'since_topic'?)"
refused 'transcript = "last_n"' 'needs transcript_n'
refused 'transcript = "last_n", transcript_n = 0' 'from 1 on'
refused 'transcript_n = "5"' 'transcript_n must be a number, not a string'
refused 'priority = "hihg"' "(did you mean 'high'?)"
refused 'risk = "severe"' "risk 'severe' is none of low, medium, high"
refused 'append_to = 4711' 'append_to must be a string, not a number'
refused 'link_to = true' 'link_to must be a string, not a boolean'
refused 'fields = "order"' 'fields must be a table, not a string'
refused 'skills = "french"' 'skills must be a table, not a string'
refused 'message = true' 'message is a text for the customer, or false'
printf 'rule "a" { when = says "x", risk = "hgh", escalate = { reason = "x", next_step = "y" } }\n' >"$work/none/a.lua"
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1: risk 'hgh' is none of low, medium, high (did you mean 'high'?)" err
printf 'modifier "m" { when = says "x", change = { need = "callbak" } }\n' >"$work/none/a.lua"
code 3 "$USHER" check --policy "$work/none"; has "(did you mean 'callback'?)" err
cat >"$work/none/a.lua" <<'L'
rule "a" { risk = "high", when = says "x", escalate = { reason = "x", next_step = "y", need = "approval", as = "ticket", timing = "immediate",
  transcript = "last_n", transcript_n = 5, priority = function(c) return "high" end, message = false, append_to = "{fields.ticket}",
  link_to = "T-1", skills = { "french" }, fields = { order = "{fields.order}" }, risk = "{attributes.risk}" } }
modifier "m" { when = says "x", change = { transcript = "last_n" } }
L
code 0 "$USHER" check --policy "$work/none"
ok "S30 the words of an effect are checked at load, with file, line and the nearest"

# And every word that is let in there is one the engine knows.
: >"$work/none/a.lua"
: >"$work/words.jsonl"
for pair in $(sed -n '/^local effect_words = {/,/^}/s/^ *\([a-z]*\) = { \(.*\) },$/\1 \2/p' "$root/rules/std/10-core.lua" |
    tr -d '",' | awk '{ for (i = 2; i <= NF; i++) print $1 "=" $i }'); do
    word=$(echo "$pair" | tr -d '=_')
    printf 'rule "%s" { when = says "%s", escalate = { reason = "x", next_step = "y", transcript_n = 1, %s = "%s" } }\n' \
        "$pair" "$word" "${pair%=*}" "${pair#*=}" >>"$work/none/a.lua"
    printf '{"id":"%s","source":"x","messages":[{"role":"customer","text":"%s"}]}\n' "$pair" "$word" >>"$work/words.jsonl"
done
[ "$(wc -l <"$work/words.jsonl")" -ge 24 ] || fail "the words of rules/std/10-core.lua were not found"
code 0 "$USHER" decide --policy "$work/none" --json "$work/words.jsonl"
# Without a promise there is nothing to be late for.
[ "$(jq -r 'select(.id == "timing=sla") | .action' "$work/out")" = keep ] || fail "S131 late for what nobody promised"
sed -i '/"timing=sla"/d' "$work/words.jsonl"
[ "$(jq -r 'select(.reason == "x") | .id' "$work/out" | wc -l)" = "$(wc -l <"$work/words.jsonl")" ] || { cat "$work/out" >&2; fail "a word that the engine does not know"; }
ok "and the engine knows each of the $(wc -l <"$work/words.jsonl") words"

# S130: what cannot wait, and what cannot end a wait.
printf 'rule "r" { when = says "x", final = true, wait = "5m", escalate = { reason = "a", next_step = "b" } }\n' >"$work/none/a.lua"
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1" err; has "is final and waits" err
printf 'rule "r" { when = says "x", wait = "5m", escalate = { reason = "a", next_step = "b", cancel_on = { "custmer_message" } } }\n' >"$work/none/a.lua"
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1" err; has "did you mean 'customer_message'" err
# P13: business time is written in one way; the calendar of plain time is none.
rule_with() { printf 'rule "r" { when = says "x", wait = %s, escalate = { reason = "a", next_step = "b" } }\n' "$1" >"$work/none/a.lua"; }
for one in '"4 business hours"' '"1 business day"' '"30 business minutes"' '"next business day"' '{ "2 business days", calendar = "support" }'; do
    rule_with "$one"
    code 0 "$USHER" check --policy "$work/none"
done
for one in '"2h business"' '"0 business days"' '"1001 business hours"' '"1 business weeks"'; do
    rule_with "$one"
    code 3 "$USHER" check --policy "$work/none"; has "a.lua:1: wait = " err; has "4 business hours" err
done
rule_with '{ "10m", calendar = "support" }'
code 3 "$USHER" check --policy "$work/none"; has "is plain time and wants no calendar" err
rule_with '{ "1 business day", calender = "support" }'
code 3 "$USHER" check --policy "$work/none"; has "did you mean 'calendar'?" err
ok "S130 what is final does not wait; what ends a wait is named; business time is written in one way"

# P14 P15 P5: what these need, and names that nobody has.
one_rule() { printf 'rule "r" { when = says "x", %s }\n' "$1" >"$work/none/a.lua"; }
one_rule 'append = { reason = "a", next_step = "b" }'
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1: append needs append_to" err
one_rule 'append = { append_to = "1", reason = "a" }'
code 3 "$USHER" check --policy "$work/none"; has "append needs next_step" err
one_rule 'link = { message = "We know." }'
code 3 "$USHER" check --policy "$work/none"; has "a.lua:1: link needs link_to" err
one_rule 'final = true, escalate = { reason = "a", next_step = "b", timing = "sla" }'
code 3 "$USHER" check --policy "$work/none"; has "is final and waits" err
one_rule 'wait = "5m", escalate = { reason = "a", next_step = "b", timing = "sla" }'
code 3 "$USHER" check --policy "$work/none"; has 'has wait and timing = "sla"' err
one_rule 'escalate = { reason = "a", next_step = "b", notifiers = "pager" }'
code 3 "$USHER" check --policy "$work/none"; has "notifiers must be a table, not a string" err
one_rule 'escalate = { reason = "a", next_step = "b", notifiers = { "pagr" } }'
printf 'policy "none"\nnotifier "pager" { adapter = "webhook", url = "https://x.example/", on_request = true }\n' >"$work/named.conf.lua"
code 3 "$USHER" check -c "$work/named.conf.lua"; has "a.lua:1: notifier 'pagr' is not in the configured notifiers (did you mean 'pager'?)" err
printf 'helpdesk "desk" { adapter = "desk", at_once = true }\n' >"$work/named.conf.lua"
code 3 "$USHER" check -c "$work/named.conf.lua"; has 'helpdesk "desk" has no at_once; only notifiers have' err
printf 'notifier "pager" { adapter = "webhook", url = "https://x.example/", on_request = 1 }\n' >"$work/named.conf.lua"
code 3 "$USHER" check -c "$work/named.conf.lua"; has 'on_request must be true or false, not a number' err
ok "P5 P14 P15 append, link and notifiers say what they need"
