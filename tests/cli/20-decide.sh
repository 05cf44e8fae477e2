# usher decide and explain over recordings.
. "$(dirname "$0")/lib.sh"
cat >"$work/two.jsonl" <<'J'
{"id":"a","source":"x","messages":[{"role":"customer","text":"Where is my order?"},{"role":"ai","text":"On its way."},{"role":"customer","text":"I want to talk to a human"},{"role":"customer","text":"my lawyer will call"}]}
{"id":"b","source":"x","messages":[{"role":"customer","text":"Thanks, all good"}],"outcome":"transferred_to_human","labels":{"ai_transferred":true}}
J
code 0 "$USHER" decide --policy "$root/rules/starter" --json "$work/two.jsonl"
[ "$(wc -l <"$work/out")" = 2 ] || fail "one line per conversation"
has '"id":"a","at_message":3,"action":"escalate","reason":"customer_request"' out
ok "a rule sees nothing later than its moment"
has '"id":"b","at_message":1,"action":"keep"' out; ok "outcome and labels are never shown to a rule"
gzip -k "$work/two.jsonl"
cp "$work/out" "$work/first"
code 0 "$USHER" decide --policy "$root/rules/starter" --json "$work/two.jsonl.gz"
cmp -s "$work/out" "$work/first" || fail "gzip reads the same"; ok "jsonl.gz"
"$USHER" decide --policy "$root/rules/starter" --json - <"$work/two.jsonl" >"$work/out" 2>/dev/null
cmp -s "$work/out" "$work/first" || fail "standard input reads the same"; ok "standard input"
printf '[%s]' "$(paste -sd, "$work/two.jsonl")" >"$work/two.json"
code 0 "$USHER" decide --policy "$root/rules/starter" --json "$work/two.json"
cmp -s "$work/out" "$work/first" || fail "an array reads the same"; ok "json array"
printf 'not json\n' >>"$work/two.jsonl"
code 5 "$USHER" decide --policy "$root/rules/starter" --json "$work/two.jsonl"
has "two.jsonl:3" err; ok "a broken line has file and line, the others are decided"
[ "$(wc -l <"$work/out")" = 2 ] || fail "the others are decided"
code 0 "$USHER" decide --policy "$root/rules/starter" --trace "$work/two.json"; has "trace" out; ok "--trace"
code 0 "$USHER" explain --policy "$root/rules/starter" "$work/two.json" a; has "asks_for_human()" out; ok "explain shows each condition"
code 0 "$USHER" explain --policy "$root/rules/starter" --why-not "billing dispute" "$work/two.json" b; has "no match" out; ok "explain --why-not"
# What the engine still leads has no end; what it led, and what others recorded, has.
mkdir "$work/at-the-end"
echo 'rule "over" { when = event "session.ended", escalate = { reason = "over", next_step = "Reply." } }' >"$work/at-the-end/a.lua"
for state in ai_active collecting waiting handoff_pending human_active resolved closed open ''; do
    jq -cn --arg state "$state" '{id: "a", state: $state, messages: [{role: "customer", text: "hello"}, {role: "ai", text: "hello"}]}' >"$work/state.jsonl"
    code 0 "$USHER" explain --policy "$work/at-the-end" "$work/state.jsonl"
    head -n 1 "$work/out" | sed "s/^/$state: /"
done >"$work/states"
cat >"$work/want" <<'T'
ai_active: a at message 2 (so far): keep
collecting: a at message 2 (so far): keep
waiting: a at message 2 (so far): keep
handoff_pending: a at message 2 (so far): keep
human_active: a at message 2 (so far): keep
resolved: a at message 2 (the end): escalate by rule over, reason over
closed: a at message 2 (the end): escalate by rule over, reason over
open: a at message 2 (the end): escalate by rule over, reason over
: a at message 2 (the end): escalate by rule over, reason over
T
diff "$work/want" "$work/states" >&2 || fail "the end of what runs"
ok "S82 what still runs is walked as far as it is"
echo '{"id":"a","state":"ai_active","messages":[]}' >"$work/state.jsonl"
code 0 "$USHER" explain --policy "$work/at-the-end" "$work/state.jsonl"; has 'a at message 0 (so far): keep' out
code 0 "$USHER" decide --policy "$work/at-the-end" --json "$work/state.jsonl"; has '"at_message":0,"action":"keep"' out
ok "nothing said yet, and nothing ended"
mkdir "$work/empty-policy"; printf '%s\n' '-- nothing' >"$work/empty-policy/a.lua"
code 0 "$USHER" decide --policy "$work/empty-policy" --json "$work/two.json"
grep -q escalate "$work/out" && fail "an empty policy escalates"
ok "S82 with an empty policy nothing escalates"
