# Real conversations, when they are there: one valid decision each, the same
# bytes twice, and the keyword floor beaten on real hand-overs.
. "$(dirname "$0")/lib.sh"
shared=${USHER_SHARED:-$root/../shared}/recordings
[ -d "$shared" ] || { echo "skip recordings are not here"; exit 0; }
files="$shared/star-train.jsonl.gz $shared/tau-airline-train.jsonl.gz $shared/twitter-dev.jsonl.gz $shared/multidogo-train.jsonl.gz"
# shellcheck disable=SC2086
code 0 "$USHER" decide --policy "$root/rules/starter" --json $files
cp "$work/out" "$work/first"
[ "$(wc -l <"$work/first")" = 3633 ] || fail "$(wc -l <"$work/first") decisions, not 3633"
ok "3633 conversations, one decision each"
jq -e -s 'all(.[]; .id and .action)' "$work/first" >/dev/null || fail "not all are valid"
ok "each is valid"
# shellcheck disable=SC2086
code 0 "$USHER" decide --policy "$root/rules/starter" --json $files
cmp -s "$work/out" "$work/first" || fail "two runs differ"; ok "byte-identical twice"
tab=$(printf '\t')
zcat "$shared/tau-airline-train.jsonl.gz" | jq -r '[.id,(.labels.ai_transferred|tostring)]|@tsv' | sort >"$work/labels"
jq -r 'select(.id|startswith("tau-"))|[.id,.action]|@tsv' "$work/first" | sort >"$work/decisions"
join -t"$tab" "$work/labels" "$work/decisions" | awk -F"$tab" '
    { t = $2 == "true"; e = $3 == "escalate" }
    t && e { hit++ } !t && e { extra++ } t && !e { missed++ }
    END { p = hit / (hit + extra); r = hit / (hit + missed)
          printf "tau-airline hand-overs: precision %.2f, recall %.2f\n", p, r
          exit !(p >= 0.80 && r >= 0.70) }' || fail "under the keyword floor (0.80, 0.70)"
ok "tau-airline: at least the keyword floor"
