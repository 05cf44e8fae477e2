# usher test --coverage: what the tests saw of a policy, each line of it.
# S144 N9 N11
. "$(dirname "$0")/lib.sh"
mkdir "$work/rules"
cd "$work"
cat >rules/a.lua <<'L'
local about = any {
  says { "refund" },
  intent { "refund" },
}
rule "large" {
  when     = all { about, field "order_value" :at_least(500) },
  escalate = { reason = "refund", next_step = "Look." },
}
rule "small" { when = about, keep = true }
modifier "vip" {
  when   = tier { "vip" },
  change = { priority = "urgent" },
}
L
cat >rules/a_test.lua <<'L'
local function asked(value) return conversation { customer "a refund", fields = { order_value = value } } end
test "large" { given = asked(500), expect = { rule = "large" } }
test "small" { given = asked(499), expect = { rule = "small" } }
test "by intent" { given = conversation { customer "hm", intent = "refund" }, expect = { rule = "small" } }
test "neither" { given = conversation { customer "hm" }, expect = "nothing" }
test "vip" { given = asked(500):with { tier = "vip" }, expect = { priority = "urgent" } }
L
cp rules/a_test.lua whole
# without NAME...: the tests but these
without() {
    cp whole rules/a_test.lua
    for name; do sed -i "/^test \"$name\"/d" rules/a_test.lua; done
}
seen() { code "$1" "$USHER" test rules --coverage --min 100; }
seen 0; has 'coverage: 100 % (21 of 21)' out
ok 'S144 all there is, seen both ways: 100 %'
without large vip; seen 1
has 'rules/a.lua:6: all does not hold in any test (rule "large")' out
has 'rules/a.lua:6: field "order_value" does not hold in any test (rule "large")' out
has 'rules/a.lua:5: rule "large" decides in no test' out
has 'rules/a.lua:10: modifier "vip" is applied in no test' out
has '--min wants 100 %' err
ok 'S144 N9 without a test: the lines it covered are named, and --min fails'
without neither; seen 1
has 'rules/a.lua:1: any is not false in any test (rule "large")' out
has 'rules/a.lua:1: any is not false in any test (rule "small")' out
[ "$(sed -n 's/^coverage: \(.*\)/\1/p' out)" = '90 % (19 of 21)' ] || fail "rounded: $(tail -n 1 out)"
ok 'S144 a condition of two rules counts in each; the percentage is rounded down'
without 'by intent'; seen 1; has 'rules/a.lua:3: intent { "refund" } does not hold in any test' out
ok 'S144 the line within a group that nobody saw'
cp whole rules/a_test.lua
printf 'rule "late" { when = says { "refund" }, escalate = { reason = "x", next_step = "y" } }\n' >rules/b.lua
seen 1; has 'rules/b.lua:1: rule "late" always loses: matched in 3 cases, decided in none' out
rm rules/b.lua
ok 'S144 N9 a rule that always loses'
code 1 "$USHER" test rules --coverage --filter neither --min 50; code 0 "$USHER" test rules --coverage --filter neither --min 20
code 2 "$USHER" test rules --min 50; code 2 "$USHER" test rules --coverage --min much; code 2 "$USHER" test rules --coverage --min 101
ok 'S144 --min'

# lcov: every record in itself consistent, and the same as our own count.
without neither vip
code 0 "$USHER" test rules --lcov cover.info
awk -F '[:,]' '
    function bad(why) { print "lcov: " why > "/dev/stderr"; exit 1 }
    /^TN:/ { next }
    /^SF:/ { if (open) bad("a record within a record"); open = 1; f = fh = l = lh = b = bh = 0; next }
    !open { bad("outside of a record: " $0) }
    /^FN:[0-9]+,./ { f++; next }
    /^FNDA:[0-9]+,./ { fh += $2 > 0; next }
    /^DA:[0-9]+,[0-9]+$/ { if (($2 + 0) <= last + 0 && l) bad("lines out of order"); last = $2; l++; lh += $3 > 0; next }
    /^BRDA:[0-9]+,[0-9]+,[01],([0-9]+|-)$/ { if (seen[$2, $3, $4]++) bad("a branch twice: " $0); b++; bh += ($5 != "-" && $5 > 0); next }
    /^FNF:/ { if ($2 != f) bad("FNF"); next }
    /^FNH:/ { if ($2 != fh) bad("FNH"); next }
    /^BRF:/ { if ($2 != b) bad("BRF"); next }
    /^BRH:/ { if ($2 != bh) bad("BRH"); all += b; hit += bh; next }
    /^LF:/ { if ($2 != l) bad("LF"); next }
    /^LH:/ { if ($2 != lh) bad("LH"); next }
    /^end_of_record$/ { open = 0; delete seen; n++; next }
    { bad("not known: " $0) }
    END { if (open || n != 1) bad("records"); print hit " of " all }' cover.info >counted || fail 'lcov'
[ "$(cat counted)" = '15 of 18' ] || fail "lcov: $(cat counted) branches"
grep -q "^SF:$work/rules/a.lua$" cover.info || fail 'lcov: the file'
grep -q '^BRDA:1,0,1,0$' cover.info || fail 'lcov: the branch that nobody took'
if command -v lcov >/dev/null; then
    lcov --summary cover.info --rc lcov_branch_coverage=1 >lcov.out 2>&1 || { cat lcov.out >&2; fail 'lcov --summary'; }
    grep -q '(15 of 18 branches)' lcov.out || fail "lcov --summary: $(cat lcov.out)"
fi
ok 'S144 --lcov: lines, branches, rules as functions'
code 1 "$USHER" test rules --lcov "$work/none/cover.info"; has 'No such file' err
ok 'a file that cannot be written is a failure'
cp whole rules/a_test.lua
code 0 "$USHER" test rules --coverage --format json
jq -e '.coverage.percent == 100 and (.tests | length) == 5 and (.coverage.parts[] | select(.name == "large") | .decided) == 2' out >/dev/null || { cat out >&2; fail 'json'; }
code 0 "$USHER" test rules --coverage --format tap; has '# coverage: 100 %' out
code 0 "$USHER" test rules --coverage --format junit; has 'coverage: 100 %' err
ok 'S144 in every format'
