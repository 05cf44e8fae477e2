#!/bin/sh
# usher explain: what decided, what would have, what would have to be
# different, and what the modifiers did. N3
. "$(dirname "$0")/lib.sh"
is() { # NAME HAVE WANT
    [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
    ok "$1"
}
cd "$work" || exit 1
mkdir rules
cat >rules/10.lua <<'L'
rule "large refund" {
  when = all { says { "refund", "money back" }, field "value" :at_least(50000), none { channel "voice", says "joke" } },
  escalate = { reason = "refund", group = "billing", next_step = "Look." },
}
rule "stuck" {
  when = all { failed_attempts(2), any { all { turns(5), confidence_below(0.3) }, tier "vip" } },
  escalate = { reason = "stuck", next_step = "Answer." },
}
rule "asks" { when = says "human", escalate = { reason = "customer_request", next_step = "Answer." } }
rule "a lawyer" { when = says "lawyer", escalate = { reason = "legal", next_step = "Read." } }
modifier "vip first" { when = tier "vip", change = { priority = "urgent" } }
modifier "gold later" { when = tier "gold", change = { priority = "low" } }
modifier "and loudly" { when = tier "vip", change = { priority = "high", tags = { "loud" } } }
modifier "as it is" { when = says "human", change = { priority = "high" } }
L
cat >one.json <<'J'
{"id":"e1","channel":"voice","customer":{"tier":"vip"},"fields":{"value":20000},"messages":[{"role":"customer","text":"A refund, a human and my lawyer please"}]}
J
code 0 "$USHER" explain --policy rules one.json
cp out all
# said FROM TO: what stands between two lines
said() { sed -n "/$1/,/$2/p" all; }
has 'e1 at message 1: escalate by rule asks, reason customer_request' all
has 'group support (by default)' all
is 'each condition with value, threshold and distance' "$(grep -c 'field "value"  is 20000, wants >= 50000, off by 30000' all)" 1
is 'what has to be and what may not' "$(said 'no match  large refund' 'no match  stuck' | sed -n '/to match/,$p' | sed '1d;$d')" '      field "value" has to be >= 50000 and is 20000
      channel { "voice" } has to be none of voice and is voice'
is 'of two ways the shorter' "$(said 'no match  stuck' 'matches  asks' | sed -n '/to match/,$p' | sed '1d;$d')" '      failed_attempts(2) has to be >= 2 and is 0'
said 'matches  a lawyer' 'modifies' | grep -qF 'it would have decided, but "asks" stands before it' || fail 'the later rule'
ok 'a later rule would have decided'
is 'each modifier before and after' "$(grep -A1 'modifies  vip first' all | tail -n 1) $(grep -A1 'modifies  and loudly' all | tail -n 1)" '    priority: was normal, is urgent     priority: was urgent, is high'
has 'modifies nothing  gold later' all
has 'and yet nothing is different' all
ok 'what did not apply, and what did nothing'

code 0 "$USHER" explain --policy rules --json one.json
is 'the same as JSON' "$(jq -c '[.rule, (.trace[0].to_match | length), (.trace[] | select(.modifier == "vip first") | .changes[0] | .member, .was, .is)]' out)" '["asks",2,"priority","normal","urgent"]'
code 0 "$USHER" explain --policy rules --why-not stuck one.json
grep -q 'large refund' out && fail 'other rules are shown'
has 'to match:' out
ok '--why-not shows one rule'
sed 's/a human and/and/' one.json >lawyer.json
code 0 "$USHER" explain --policy rules --why-not asks lawyer.json
grep -q 'stands before it' out && fail 'no rule stands before it'
code 1 "$USHER" explain --policy rules --why-not 'large refnd' one.json
has 'no rule is named "large refnd"; did you mean "large refund"?' err
code 1 "$USHER" explain --policy rules --why-not 'something else' one.json
grep -q 'did you mean' err && fail 'nothing is near'
ok 'an unknown rule, with the nearest name'

# --- N3: whatever is said to be missing, put there it is enough ------------------------------
# Five hundred conversations, six conditions with a threshold each: the value
# that "to match" names turns the rule, every time.
mkdir property
cat >property/10.lua <<'L'
rule "p" {
  when = all {
    field "a" :at_least(10), field "b" :at_most(5), field "c" :is("yes"), field "d" :one_of { "x", "y" },
    any { field "e" :present(), field "f" :missing() }, none { field "g" :at_least(3), field "h" :is("no") },
  },
  escalate = { reason = "p", next_step = "p" },
}
L
awk 'function put(name, value) { if (rand() < 0.7) { printf "%s\"%s\":%s", comma, name, value; comma = "," } }
BEGIN {
    srand(11)
    for (i = 0; i < 500; i++) {
        printf "{\"id\":\"p%d\",\"messages\":[{\"role\":\"customer\",\"text\":\"hello\"}],\"fields\":{", i
        comma = ""
        put("a", int(rand() * 20)); put("b", int(rand() * 10)); put("c", rand() < 0.5 ? "\"yes\"" : "\"no\"")
        put("d", rand() < 0.5 ? "\"x\"" : "\"z\""); put("e", 1); put("f", 1); put("g", int(rand() * 6)); put("h", rand() < 0.5 ? "\"no\"" : "\"yes\"")
        print "}}"
    }
}' >cases.jsonl
"$USHER" decide --policy property --json --trace cases.jsonl >before 2>/dev/null
matching=$(jq -r 'select(.action == "escalate") | .id' before | wc -l)
[ "$matching" -lt 250 ] || fail "$matching of 500 match already"
: >needs
while read -r id; do "$USHER" explain --policy property --json cases.jsonl "$id" 2>/dev/null | jq -c --arg id "$id" '{id: $id, needs: (.trace[0].to_match // [])}' >>needs; done <<L
$(jq -r 'select(.action == "keep") | .id' before | head -n 60)
L
# Put there what is missing, and take away what may not be.
jq -c --slurpfile needs needs '
    def name: .expr | capture("\"(?<n>[a-z])\"").n;
    . as $c | ($needs[] | select(.id == $c.id)) as $n |
    reduce $n.needs[] as $one ($c;
        ($one | name) as $f |
        if $one.op == "present" then .fields[$f] = (if $one.hold then 1 else null end)
        elif $one.op == "missing" then (if $one.hold then del(.fields[$f]) else .fields[$f] = 1 end)
        elif ($one.hold | not) then del(.fields[$f])
        elif $one.op == "one of" then .fields[$f] = ($one.threshold | split(", ")[0])
        else .fields[$f] = $one.threshold end)' cases.jsonl >turned.jsonl
is 'N3 sixty were turned' "$(wc -l <turned.jsonl)" 60
"$USHER" decide --policy property --json turned.jsonl >after 2>/dev/null
is 'N3 what is said to be missing is enough, every time' "$(jq -r .action after | sort | uniq -c | tr -s ' ')" ' 60 escalate'
# And it is not more than is needed: with any one of them left as it was, the
# rule does not match.
jq -c --slurpfile needs needs '
    def name: .expr | capture("\"(?<n>[a-z])\"").n;
    . as $c | ($needs[] | select(.id == $c.id)) as $n | $n.needs | keys[] as $skip |
    reduce ($n.needs | del(.[$skip]))[] as $one ($c | .id += "-\($skip)";
        ($one | name) as $f |
        if $one.op == "present" then .fields[$f] = 1
        elif $one.op == "missing" then del(.fields[$f])
        elif ($one.hold | not) then del(.fields[$f])
        elif $one.op == "one of" then .fields[$f] = ($one.threshold | split(", ")[0])
        else .fields[$f] = $one.threshold end)' cases.jsonl >short.jsonl
[ "$(wc -l <short.jsonl)" -gt 60 ] || fail 'too few'
"$USHER" decide --policy property --json short.jsonl >after 2>/dev/null
is 'N3 and no more than that' "$(jq -r .action after | sort -u)" keep
code 2 "$USHER" explain --decision a/1/1 --policy rules
code 2 "$USHER" explain --decision a/1/1
has 'which engine?' err
ok 'a stored decision needs an engine or a store'
