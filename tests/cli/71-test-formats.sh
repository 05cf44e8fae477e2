# usher test: what it prints, for people and for machines, and which tests run.
# S143 S145
. "$(dirname "$0")/lib.sh"
mkdir "$work/rules" "$work/more"
cat >"$work/rules/a.lua" <<'L'
rule "refund" {
  when     = all { says { "refund", "money back" }, field "order_value" :at_least(500) },
  escalate = { reason = "refund", group = "support", next_step = "Look." },
}
rule "else" { when = says { "hello" }, keep = true }
L
cat >"$work/rules/a_test.lua" <<'L'
local asked = conversation { customer "a refund <now> & here", fields = { order_value = 600 } }
test "large" { given = asked, expect = { group = "support" } }
test "it's \"$HOME\" `id` #1 \\ <&>" { given = asked, expect = { group = "billing", priority = "high" } }
test "breaks" { given = asked, expect = { group = function(g) error("no good\1") end } }
test "large, again" { given = asked, expect = { action = "escalate" } }
L
echo 'test "hello" { given = conversation { customer "hello" }, expect = "nothing" }' >"$work/rules/b_test.lua"
cp "$work/rules/a.lua" "$work/more/"
cp "$work/rules/b_test.lua" "$work/more/"
cd "$work"
run() { code 1 "$USHER" test rules "$@"; }

run
grep -q "^failed  it's" out || fail 'pretty: no failed test'
has '        rules/a_test.lua:3' out
has 'group: expected billing' out; has 'got support' out
has 'priority: expected high' out
has 'rules/a.lua:1: rule "refund" decides' out
has 'yes field "order_value"  is 600, wants >= 500' out
! grep -q 'rule "else"' out || fail 'a rule that does not matter is shown'
has 'rules: 3 passed, 2 failed' err
ok 'a failure: place, what differs, the trace of the rules that matter'
[ "$(grep -c '^ok\|^failed' out)" = 5 ] || fail 'not every test is told'
[ "$(sed -n 's/^ok *//p;s/^failed *//p' out | tail -n 2 | tr '\n' ' ')" = 'large, again hello ' ] || fail 'not in the order of the files'
ok 'in the order of the files, whoever was done first'

# The command that runs it alone does just that, whatever its name.
sed -n 's/^ *alone: usher /"$USHER" /p' out >alone
[ "$(wc -l <alone)" = 2 ] || fail 'no command to run it alone'
while read -r command; do
    echo "$command" >one
    code 1 sh -c "$(cat one)"
    has ': 0 passed, 1 failed' err
done <alone
ok 'the command that runs a failing test alone, quoted for the shell'
code 0 "$USHER" test --filter large rules; has '1 passed' err
code 0 "$USHER" test --filter larg rules; has '2 passed' err
code 0 "$USHER" test rules/b_test.lua; has '1 passed' err
(cd rules && code 0 "$USHER" test b_test.lua) && has '1 passed' err
code 1 "$USHER" test --filter nobody rules; has 'no test found in rules for --filter nobody' err
code 0 "$USHER" test more rules/b_test.lua; has 'more: 1 passed' err; has 'rules: 1 passed' err
ok '--filter and paths choose; no test found is a failure'

run --format tap
[ "$(head -n 2 out | tr '\n' ' ')" = 'TAP version 14 1..5 ' ] || fail 'tap: head'
grep -qF "not ok 2 - it's \"\$HOME\" \`id\` \\#1 \\\\ <&>" out || fail 'tap: a name is not escaped'
[ "$(grep -cE '^(not )?ok [1-5] - ' out)" = 5 ] || fail 'tap: five tests'
[ "$(grep -c '^  ---$' out) $(grep -c '^  \.\.\.$' out)" = '2 2' ] || fail 'tap: blocks'
if command -v python3 >/dev/null && python3 -c 'import yaml' 2>/dev/null; then
    sed -n '/^  ---$/,/^  \.\.\.$/p' out | sed 's/^  //' | python3 -c 'import sys, yaml
blocks = list(yaml.safe_load_all(sys.stdin.read()))
assert len([b for b in blocks if b]) == 2 and all(b["at"] and b["why"] for b in blocks if b)' || fail 'tap: no YAML'
fi
ok 'TAP 14, with a YAML block for each failure'

run --format junit
if command -v xmllint >/dev/null; then
    xmllint --noout --relaxng "$root/tests/cli/junit.rng" out 2>xml || { cat out xml >&2; fail 'junit: not well-formed, or of another shape'; }
    [ "$(xmllint --xpath 'string(/testsuites/testsuite/testcase[2]/@name)' out)" = 'it'\''s "$HOME" `id` #1 \ <&>' ] || fail 'junit: the name'
    [ "$(xmllint --xpath 'string(/testsuites/@tests)' out)$(xmllint --xpath 'string(/testsuites/@failures)' out)$(xmllint --xpath 'string(/testsuites/@errors)' out)" = 511 ] || fail 'junit: counts'
    ok 'JUnit: its shape, counts, names and texts of any characters'
else
    echo 'skip JUnit: no xmllint'
fi

run --format json
jq -e 'length == 5 and .[1].ok == false and .[0] == {name: "large", ok: true, where: "rules/a_test.lua:2"}
    and (.[1].differs | map(.name)) == ["group", "priority"] and .[1].decision.rule == "refund"' out >/dev/null || { cat out >&2; fail json; }
mv out first
run --json; cmp -s first out || fail '--json is --format json'
ok 'JSON, with what differs and the decision'
code 2 "$USHER" test --format xml rules; has 'pretty, tap, junit or json' err
ok 'an unknown format is a usage error'
code 0 "$USHER" test more --format tap; has '1..1' out
printf 'rule "half' >more/z.lua
code 3 "$USHER" test more rules/b_test.lua; has 'more/z.lua:1' err; has 'hello' out
ok 'a policy that does not load does not keep the others from being told'
