# The condition words: what they find (tests/policies/words, row by row of the
# policies that teams run), what they refuse at load, and what explain shows.
. "$(dirname "$0")/lib.sh"
words=$root/tests/policies/words
code 0 "$USHER" test "$words"
ok "S12-S14 S60-S67 S76-S78 condition words: $(tail -n 1 "$work/err")"
for row in P1 P2 P3 P4 P5 P6 P7 P10 P16; do grep -q "^ok .*\b$row\b" "$work/out" || fail "no case of $row"; done

mkdir "$work/p"
# refused CONDITION WORDS: the load stops at the rule, with these words
refused() {
    printf -- '-- a rule\nrule "a" { when = %s, keep = true }\n' "$1" >"$work/p/a.lua"
    code 3 "$USHER" check --policy "$work/p"; has "a.lua:2: " err; has "$2" err
}
refused 'asks_for_human "vauge"' "none of direct, vague, how_to_contact (did you mean 'vague'?)"
refused 'asks_for_human("vague", { time = 2 })' "(did you mean 'times'?)"
refused 'asks_for_human("vague", { times = 0 })' "a whole number from 1 on, not 0"
refused 'confidence_below(55)' 'a number from 0 to 1, not 55'
refused 'confidence_below("low")' 'a number from 0 to 1, not low'
refused 'confidence_below(0.5, { turn = 2 })' "(did you mean 'turns'?)"
refused 'confidence_below(0.5, { turns = 1.5 })' 'a whole number from 1 on, not 1.5'
refused 'sentiment_below(2)' 'a number from -1 to 1, not 2'
refused 'turns("8")' 'a whole number from 1 on, not 8'
refused 'failed_attempts(0)' 'a whole number from 1 on, not 0'
refused 'repeats()' 'a whole number from 1 on, not nil'
refused 'frustrated(-1)' 'a number from 0 to 100, not -1'
refused 'frustrated(4, { angr = 1 })' "(did you mean 'anger'?)"
refused 'falling(3)' 'a number from 0 to 2, not 3'
refused 'falling(0.5, 1)' 'a whole number from 2 on, not 1'
refused 'outcome "resolved"' 'is none of open, resolved_confirmed'
refused 'event "session.endet"' "(did you mean 'session.ended'?)"
refused 'requested_by "takover"' "(did you mean 'takeover'?)"
refused 'intent(5)' 'a text in quotes expected, not 5'
refused 'intent {}' 'is empty'
refused 'says { "a", min = 2 }' "it has no 'min'"
refused 'says "..."' 'holds no word'
refused 'mentions "leagl"' "(did you mean 'legal'?)"
refused 'mentions {}' 'is empty'
refused 'speaks "Spanish"' 'speaks "es" or "pt-BR" expected'
refused 'field "x" :before("31.12.2025")' 'before("2026-01-31")'
refused 'field "x" :within("2 weeks")' 'a time is written'
refused 'field "x" :at_least("5")' ':at_least(a number) expected, not 5'
refused 'field "x" :is(nil)' ':missing() asks for none'
refused 'field "x" :one_of {}' ':one_of { ... } is empty'
refused 'field "x" :matches("(")' 'matches: '
refused 'field(7)' 'field "a name" expected'
refused 'amount { field = "x" }:at_least(5)' 'needs table = { EUR = 1'
refused 'amount { field = "x", table = { euro = 1 } }:at_least(5)' "not 'euro'"
refused 'amount { field = "x", table = { EUR = 0 } }:at_least(5)' 'what is one EUR worth?'
refused 'amount { field = "x", table = { EUR = 1 }, default = "USD" }:at_least(5)' "default 'USD' is not in its table"
refused 'amount { field = "x", tabel = {} }:at_least(5)' "(did you mean 'table'?)"
refused 'says(list "names")' 'a .txt file beside the rules'
refused 'says(list "names.txt")' "this set has no file 'names.txt'"
refused '"refund"' 'a table of words or a function'
refused '{}' 'when is empty'
refused '{ says "x" }' 'when is a list: say all { ... } or any { ... } before it'
refused '{ sais = "x" }' "no word 'sais' (did you mean 'says'?)"
refused '{ turns = 0 }' 'a whole number from 1 on, not 0'
refused '{ unresolved = false }' 'write none = { unresolved = true }'
refused '{ field = { x = { at_leest = 5 } } }' "(did you mean 'at_least'?)"
refused '{ field = { x = { present = 1 } } }' 'present = true expected'
refused '{ field = "x" }' 'field = { name = value }'
refused '{ amount = { field = "x", table = { EUR = 1 } } }' 'add at_least = 5'
refused '{ any = {} }' 'is empty'
refused '{ confidence_below = { 0.5, 0.6, turns = 2 } }' 'one value before its options'
: >"$work/p/empty.txt"
refused 'says(list "empty.txt")' 'list "empty.txt" is empty'
ok "S30 what a word cannot mean is refused at load, with file, line and what it needs"

# explained CONDITION CONVERSATION WORDS...
explained() {
    printf 'rule "a" { when = %s, escalate = { reason = "x", next_step = "y" } }\n' "$1" >"$work/p/a.lua"
    echo "$2" >"$work/c.jsonl"
    shift 2
    code 0 "$USHER" explain --policy "$work/p" "$work/c.jsonl"
    for want; do has "$want" out; done
}
two='{"id":"a","source":"x","messages":[{"role":"customer","text":"hm","confidence":0.6,"sentiment":-0.4},{"role":"ai","text":"?"},{"role":"customer","text":"hm","confidence":0.5,"sentiment":-0.7}]}'
explained 'confidence_below(0.55, { turns = 2 })' "$two" 'no ' 'confidence_below(0.55, { turns = 2 })' '0.6' '0.55'
explained 'confidence_below(0.55, { turns = 3 })' "$two" 'missing'
explained 'frustrated(4)' "$two" 'frustrated(4)' '3'
explained 'falling(0.6, 4)' "$two" 'missing'
explained 'mentions "self_harm"' '{"id":"a","source":"x","messages":[{"role":"customer","text":"this app is killing me"}]}' \
    'self_harm, but only a saying: app is killing me'
explained 'mentions { "legal", "self_harm" }' '{"id":"a","source":"x","messages":[{"role":"customer","text":"this is not about a lawsuit"}]}' \
    'legal, but denied: lawsuit'
explained 'mentions { "press", "legal" }' '{"id":"a","source":"x","messages":[{"role":"customer","text":"My Attorney!"}]}' \
    'legal: attorney'
explained 'amount { field = "total_minor", table = { EUR = 1 } }:at_least(50)' \
    '{"id":"a","source":"x","data":{"total_minor":4999,"currency":"CHF"},"messages":[{"role":"customer","text":"hm"}]}' '(missing)'
code 0 "$USHER" explain --policy "$work/p" --json "$work/c.jsonl"; has 'CHF is not in the table' out
explained 'amount { field = "total_minor", table = { EUR = 1 } }:at_least(50)' \
    '{"id":"a","source":"x","data":{"total_minor":4999,"currency":"EUR"},"messages":[{"role":"customer","text":"hm"}]}' \
    '49.99' '0.01'
ok "S62 explain shows value, threshold, distance, what is missing and what was nearly meant"

# A language of which the source is not sure does not count.
printf 'rule "a" { when = speaks "es", escalate = { reason = "x", next_step = "y" } }\n' >"$work/p/a.lua"
for row in 0.59:keep 0.6:escalate; do
    echo '{"id":"a","source":"x","language":"es","language_confidence":'"${row%:*}"',"customer":{"locale":"en"},"messages":[{"role":"customer","text":"hola"}]}' >"$work/c.jsonl"
    code 0 "$USHER" decide --policy "$work/p" --json "$work/c.jsonl"
    [ "$(jq -r .action "$work/out")" = "${row#*:}" ] || fail "speaks with confidence ${row%:*}"
done
ok "P10 an unsure language gives way to the account's"

# Rules as data: the same decision and the same explanation, byte for byte.
cat >"$work/c.jsonl" <<'J'
{"id":"a","source":"x","data":{"order_value_minor":60000},"messages":[{"role":"customer","text":"a refund"}]}
{"id":"b","source":"x","data":{"order_value_minor":6000},"messages":[{"role":"customer","text":"a refund"}]}
{"id":"c","source":"x","messages":[{"role":"customer","text":"hm"}]}
J
same() {
    for form in "$1" "$2"; do
        printf 'rule "x" { when = %s, escalate = { reason = "refund", next_step = "Check." } }\n' "$form" >"$work/p/a.lua"
        code 0 "$USHER" decide --policy "$work/p" --json "$work/c.jsonl"
        mv "$work/out" "$work/decided"
        for id in a b c; do
            code 0 "$USHER" explain --policy "$work/p" "$work/c.jsonl" $id
            cat "$work/out" >>"$work/decided"
        done
        [ -s "$work/first" ] && { cmp -s "$work/first" "$work/decided" || { diff "$work/first" "$work/decided" >&2; fail "data differs: $1"; }; }
        mv "$work/decided" "$work/first"
    done
    rm "$work/first"
}
same '{ says = { "refund" }, field = { order_value_minor = { at_least = 50000 } } }' \
    'all { field "order_value_minor" :at_least(50000), says { "refund" } }'
same '{ any = { mentions = "legal", says = "refund" }, none = { tier = { "free", "vip" } } }' \
    'all { any { mentions "legal", says "refund" }, none { tier { "free", "vip" } } }'
same '{ field = { order_value_minor = { at_least = 5, below = 50000 }, currency = { missing = true } } }' \
    'all { field "currency" :missing(), field "order_value_minor" :at_least(5), field "order_value_minor" :below(50000) }'
same '{ frustrated = { 4, anger = 1 } }' 'frustrated(4, { anger = 1 })'
ok "rules as pure data decide and explain as the words do"
