# Who asks for a person, over tests/corpus/human.tsv: recall and false positives
# of asks_for_human, by language and by part. "held" rows were not looked at
# while the words were chosen. Limits: recall 0.95, false positives 0.02.
. "$(dirname "$0")/lib.sh"
corpus=$root/tests/corpus/human.tsv
mkdir "$work/human"
cat >"$work/human/rules.lua" <<'L'
local function told(reason) return { reason = reason, next_step = "Reply." } end
rule "direct"  { when = asks_for_human(), escalate = told "direct" }
rule "contact" { when = asks_for_human "how_to_contact", escalate = told "how_to_contact" }
rule "vague"   { when = asks_for_human "vague", escalate = told "vague" }
L
grep -v '^#' "$corpus" >"$work/rows"
jq -cRn '[inputs | split("\t")] | to_entries[] | {id: "u\(.key + 1)", source: "x",
    messages: [{role: "customer", text: .value[3]}]}' "$work/rows" >"$work/human.jsonl"
code 0 "$USHER" decide --policy "$work/human" --json "$work/human.jsonl"
jq -r 'if .action == "escalate" then .reason else "none" end' "$work/out" >"$work/told"
[ "$(wc -l <"$work/told")" = "$(wc -l <"$work/rows")" ] || fail "not every utterance was decided"
[ "$(wc -l <"$work/rows")" -ge 320 ] || fail "fewer than 320 utterances"
paste "$work/told" "$work/rows" >"$work/all"

awk -F'\t' '
    function line(name) {
        recall = hit[name] / wanted[name]
        wrong = alarm[name] / other[name]
        printf "  %-8s %4d utterances, recall %.3f, false positives %.3f\n", name, n[name], recall, wrong
    }
    {
        names = $3 " " $2 " overall"
        k = split(names, name, " ")
        for (i = 1; i <= k; i++) {
            n[name[i]]++
            if ($4 == "none") { other[name[i]]++; alarm[name[i]] += $1 != "none" }
            else { wanted[name[i]]++; hit[name[i]] += $1 != "none" }
        }
        if ($4 != "none") kinds[$4 " taken for " $1]++
        if ($2 == "tune" && ($4 == "none") != ($1 == "none")) missed[++m] = "  " ($4 == "none" ? "false alarm (" $1 ")" : "not heard (" $4 ")") ": " $3 ": " $5
    }
    END {
        split("en de fr es it pt nl pl tune held overall", order, " ")
        for (i = 1; i in order; i++) line(order[i])
        for (i in kinds) print "  " kinds[i] " " i | "sort -rn"
        close("sort -rn")
        for (i = 1; i <= m; i++) print missed[i]
        exit !(recall >= 0.95 && wrong <= 0.02)
    }' "$work/all" >"$work/figures" || { cat "$work/figures" >&2; fail "under the limits"; }
sed 's/^/ok asks_for_human:/' "$work/figures" | grep -E ' (overall|tune|held) '
[ -z "${CORPUS_FIGURES:-}" ] || cat "$work/figures"
