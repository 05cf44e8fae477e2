# usher check: findings with codes, each planted once in a file of tests/lint.
. "$(dirname "$0")/lib.sh"

# section FILE NAME: the lines behind "-- === NAME ===" up to the next one
section() {
    awk -v want="$2" '/^-- === .* ===$/ { at = $3; next } at == want' "$1"
}
# plant FILE: what a planted file describes, in $work/p; $finds $at
plant() {
    rm -rf "$work/p"
    mkdir "$work/p"
    read -r _ _ finds at <"$1"
    section "$1" "" >"$work/p/policy.lua"
    if grep -q '^-- === test ===' "$1"; then
        { printf 'local function just(t) return conversation { customer(t) } end '
          section "$1" test; } >"$work/p/policy_test.lua"
    fi
    set -- "$1" --policy "$work/p"
    if grep -q '^-- === config ===' "$1"; then
        section "$1" config >"$work/p.conf.lua"
        set -- "$@" -c "$work/p.conf.lua"
    fi
    if grep -q '^-- === corpus ===' "$1"; then
        section "$1" corpus >"$work/p.jsonl"
        set -- "$@" --corpus "$work/p.jsonl"
    fi
    shift
    got=0
    "$USHER" check --format gcc "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
}
count=0
for file in "$root"/tests/lint/*.lua; do
    plant "$file"
    case $at in
    test:*) place=$work/p/policy_test.lua:${at#test:} ;;
    config:*) place=$work/p.conf.lua:${at#config:} ;;
    *) place=$work/p/policy.lua:$at ;;
    esac
    [ "$(wc -l <"$work/out")" = 1 ] || { cat "$work/out" "$work/err" >&2; fail "$file: not exactly one finding"; }
    grep -qE "^$place:1: (error|warning|note): .+; .+ \[$finds\]\$" "$work/out" ||
        { cat "$work/out" >&2; fail "$file: not $finds at $place"; }
    severity=$(sed 's/^[^ ]* \([a-z]*\):.*/\1/' "$work/out")
    case $severity:$finds:$got in
    error:U0001:3 | error:U020[5678]:3 | error:U0210:3 | error:U030[12]:3 | error:*:1 | warning:*:0 | note:*:0) ;;
    *) fail "$file: exit $got of $severity $finds" ;;
    esac
    count=$((count + 1))
done
[ "$count" -ge 24 ] || fail "$count planted defects"
ok "N10 $count planted defects: one finding each, with code and line"
# Among them, each alone in its file: what is dangerous behind a wait, waiting
# itself, or within reach of a budget (S148: not final); a tag that the catalogue
# lacks (S182); a rule that matches a fifth of the recordings (S128); urgent for
# more than one hand-over in twenty (S183).
for row in S148:u0104-danger-waits S148:u0105-danger-not-final S148:u0106-danger-behind-wait \
    S182:u0207-tag S128:u0605-matched-by-many S183:u0602-urgent-handoffs; do
    [ -f "$root/tests/lint/${row#*:}.lua" ] || fail "${row%:*}: no planted ${row#*:}"
    ok "${row%:*} lint finds tests/lint/${row#*:}.lua"
done

# The edges of both: a fifth and one in twenty are not too many, one more is.
mkdir "$work/edge"
cat >"$work/edge/a.lua" <<'L'
rule "burns" { owner = "ops", when = any { says "it burns", says "it is on fire" }, escalate = { reason = "a", priority = "urgent", next_step = "Reply." } }
rule "stinks" { owner = "ops", when = any { says "it stinks", says "it smells" }, escalate = { reason = "b", next_step = "Reply." } }
L
# corpus ALL BURNS STINKS: so many conversations, by rule
corpus() {
    awk -v all="$1" -v burns="$2" -v stinks="$3" 'BEGIN { for (i = 0; i < all; i++)
        printf "{\"id\":\"c%d\",\"messages\":[{\"role\":\"customer\",\"text\":\"%s\"}]}\n", i, i < burns ? (i % 2 ? "it burns" : "it is on fire") : i < burns + stinks ? (i % 2 ? "it stinks" : "it smells") : "hello" }' >"$work/edge.jsonl"
    "$USHER" check --policy "$work/edge" --corpus "$work/edge.jsonl" --format gcc >"$work/out" 2>"$work/err" || :
}
corpus 100 1 19; ! grep -q 'U0602\|U0605' "$work/out" || { cat "$work/out" >&2; fail "S183 one of twenty is too many"; }
corpus 100 2 19; has '2 of 21 hand-overs of the corpus are urgent (9 %), most of them by rule "burns"' out
corpus 100 1 20; ! grep -q 'U0602\|U0605' "$work/out" || { cat "$work/out" >&2; fail "S128 a fifth is too many"; }
corpus 100 1 21; has 'a.lua:2:1: warning: rule "stinks" matches 21 % of the corpus' out
ok "S128 S183 more than a fifth of the recordings, more than one urgent hand-over in twenty"

# Nothing on what is right.
for dir in rules/starter tests/policy; do
    code 0 "$USHER" check --strict --policy "$root/$dir" --format gcc
    [ ! -s "$work/out" ] || { cat "$work/out" >&2; fail "findings in $dir"; }
done
for dir in "$root"/examples/policies/*/; do
    [ -d "$dir" ] || continue
    code 0 "$USHER" check --strict --policy "$dir" --format gcc
    # A note is advice: where a value depends on the conversation it is a function.
    ! grep -v ': note: .*U060[34]' "$work/out" >&2 || fail "findings in $dir"
done
ok "N10 no finding on the starter, the tests' policy and the examples"

code 0 lua5.4 "$root/tests/lua/lint_spec.lua" || cat "$work/out"
ok "what the checks conclude holds at 1500 random moments: $(tail -1 "$work/out")"

# Every code has its page, and every page its planted defect.
code 0 "$USHER" check --explain all
cut -c1-5 "$work/out" >"$work/codes"
[ "$(wc -l <"$work/codes")" -ge 35 ] || fail "$(wc -l <"$work/codes") codes"
while read -r one; do
    code 0 "$USHER" check --explain "$one"
    for part in "$one (" before after; do has "$part" out; done
    [ "$(grep -c . "$work/out")" -ge 8 ] || fail "$one: a page without an example"
    ls "$root"/tests/lint/"$(echo "$one" | tr U u)"-*.lua >/dev/null 2>&1 || fail "$one: no planted defect"
done <"$work/codes"
code 2 "$USHER" check --explain U9999; has "--explain all" err
ok "each of the $(wc -l <"$work/codes") codes has a page with an example, and a planted defect"

# Formats.
plant "$root/tests/lint/u0101-behind-wider.lua"
code 1 "$USHER" check --policy "$work/p"
has "$work/p/policy.lua:5: error U0101: " out; has "1 error, 0 warnings, 0 notes" out
code 1 "$USHER" check --policy "$work/p" --format json
jq -e '.policy_hash and .policy.rules and (.findings | length == 1) and .findings[0].line == 5' "$work/out" >/dev/null || fail "json"
code 2 "$USHER" check --policy "$work/p" --format xml; has "text, gcc, sarif or json" err
code 1 "$USHER" check --policy "$work/p" --format sarif
jq -e '.version == "2.1.0" and (.["$schema"] | test("sarif-2.1.0"))
  and (.runs | length == 1) and .runs[0].tool.driver.name == "usher"
  and (.runs[0].tool.driver.rules | length >= 35
       and all(.id and .shortDescription.text and .fullDescription.text and .help.text
               and (.defaultConfiguration.level | IN("error", "warning", "note", "none"))))
  and (.runs[0] as $run | $run.results | length == 1
       and all((.message.text | length > 0) and (.level | IN("error", "warning", "note", "none"))
               and $run.tool.driver.rules[.ruleIndex].id == .ruleId
               and (.locations | length == 1)
               and (.locations[0].physicalLocation | (.artifactLocation.uri | length > 0)
                    and (.region.startLine | . >= 1 and floor == .))))' "$work/out" >/dev/null ||
    { cat "$work/out" >&2; fail "not SARIF 2.1.0"; }
ok "text, gcc, json, and SARIF 2.1.0 with what its schema demands"

# A policy that does not load is a finding too; for a person it is one line.
plant "$root/tests/lint/u0001-syntax.lua"
code 3 "$USHER" check --policy "$work/p" --format sarif
jq -e '.runs[0].results[0].ruleId == "U0001"' "$work/out" >/dev/null || fail "U0001 in SARIF"
ok "a policy that does not load is U0001 in every format"

# Warnings fail with --strict only, notes never.
plant "$root/tests/lint/u0303-nobodys.lua"
code 0 "$USHER" check --policy "$work/p"
code 1 "$USHER" check --policy "$work/p" --strict
plant "$root/tests/lint/u0305-only-yes.lua"
code 0 "$USHER" check --policy "$work/p" --strict
ok "--strict fails for warnings"

# Allowed: above the line, at its end; for its own code and line only.
plant "$root/tests/lint/u0303-nobodys.lua"
cp "$work/p/policy.lua" "$work/was"
line=$(sed -n 1p "$root/tests/lint/u0303-nobodys.lua" | awk '{ print $4 }')
sed "${line}i -- usher: allow U0303 because everybody on the desk owns it\n-- a comment between" "$work/was" >"$work/p/policy.lua"
code 0 "$USHER" check --strict --policy "$work/p" --format gcc
[ ! -s "$work/out" ] || { cat "$work/out" >&2; fail "allowed above the line"; }
code 0 "$USHER" check --strict --policy "$work/p" --format sarif
jq -e '.runs[0].results[0].suppressions[0] | .kind == "inSource" and (.justification | test("everybody"))' "$work/out" >/dev/null || fail "suppression in SARIF"
sed "${line}s/\$/ -- usher: allow U0303 because everybody owns it/" "$work/was" >"$work/p/policy.lua"
code 0 "$USHER" check --strict --policy "$work/p"; has fine out
sed "${line}i -- usher: allow U0304 because it is another code" "$work/was" >"$work/p/policy.lua"
code 1 "$USHER" check --strict --policy "$work/p"; has U0303 out; has U0003 out
sed "${line}i -- usher: allow U0399 because there is no such code" "$work/was" >"$work/p/policy.lua"
code 1 "$USHER" check --strict --policy "$work/p"; has U0004 out
ok "a comment with a reason allows one finding; what it does not hide is told"

# An option that is not there, a corpus that is not there.
code 2 "$USHER" check --policy "$work/p" extra.jsonl; has "--corpus" err
code 1 "$USHER" check --policy "$root/rules/starter" --corpus "$work/absent.jsonl"; has absent.jsonl err
ok "what cannot be read is said"
