# The example policies pass their own tests; every row of the sixteen policies
# is a case; the hours hold with the calendars of a configuration; and on real
# conversations, when they are there, hand-overs are what people asked for.
. "$(dirname "$0")/lib.sh"
policies=$root/examples/policies
for name in beginner shop saas full; do
    min=$([ $name = full ] && echo 90 || echo 100) # full: with its calendars below
    code 0 "$USHER" test --coverage --min "$min" "$policies/$name" # N9
    cp "$work/out" "$work/$name.out"
    ok "examples/policies/$name: $(tail -n 1 "$work/err" | sed 's/.*: //')"
done
for one in beginner:15 shop:30 saas:33 full:280; do
    [ "$(grep -c '^ok ' "$work/${one%:*}.out")" -ge "${one#*:}" ] || fail "${one%:*}: fewer than ${one#*:} cases"
done

# The hours and the promises, with calendars: the policy, its configuration, and
# the cases. S130 S131
cp -r "$policies/full" "$policies/full.conf.lua" "$work"
cp "$root"/tests/policies/full/*_test.lua "$work/full"
for zone in UTC America/New_York Pacific/Apia; do
    code 0 env TZ="$zone" "$USHER" test --coverage --min 100 -c "$work/full.conf.lua" "$work/full"
done
grep '^ok ' "$work/out" | sort -u >"$work/hours"
for one in 'P9 :20' 'P8 :15'; do
    count=$(grep -c "${one%:*}" "$work/hours")
    [ "$count" -ge "${one#*:}" ] || fail "${one%:*}: $count cases"
    ok "${one%:*}: $count cases, wherever the machine stands"
done

# Each of the sixteen has at least so many rows in its table (P12 has them in
# tests/flow/67-full-policy.sh); what is missing is in NOT-YET.md. A person asked
# for is P1 (S118), refunds P5 (S123), a stolen account P6 (S124), complaints and
# high risk P4, P6 and P7 (S125).
grep -h "^ok " "$work/full.out" "$work/hours" | sort -u >"$work/cases"
for row in P1:40 P2:20 P3:7 P4:15 P5:20 P6:14 P7:15 P8:18 P9:25 P10:20 P11:15 P13:20 P14:10 P15:10 P16:18; do
    grep -qE "^ok +${row%:*} " "$work/cases" || fail "no case of ${row%:*}"
    [ "$(grep -cE "^ok +${row%:*} " "$work/cases")" -ge "${row#*:}" ] || fail "${row%:*}: fewer than ${row#*:} cases"
done
ok "S118 S123 S124 S125 each of the policies has its cases: $(wc -l <"$work/cases")"
grep -qE '^ok +P6 .*changed my e-mail' "$work/cases" || fail "S124: no account taken over"

# A configuration that names the groups finds a wrong one.
sed -i 's/group = "legal_ops"/group = "legal_op"/' "$work/full/20-legal-security.lua"
code 3 env WEB_SECRET=whsec_c2VjcmV0c2VjcmV0c2VjcmV0 PAGER_SECRET=whsec_c2VjcmV0c2VjcmV0c2VjcmV0 "$USHER" check -c "$work/full.conf.lua" --policy "$work/full"
has "did you mean 'legal_ops'" err
ok "full.conf.lua names the groups of the policy"
sed -i 's/group = "legal_op"/group = "legal_ops"/' "$work/full/20-legal-security.lua"
sed -i 's/{ "on_call" }/{ "oncall" }/' "$work/full/15-safety.lua"
code 3 env WEB_SECRET=whsec_c2VjcmV0c2VjcmV0c2VjcmV0 PAGER_SECRET=whsec_c2VjcmV0c2VjcmV0c2VjcmV0 "$USHER" check -c "$work/full.conf.lua" --policy "$work/full"
has "did you mean 'on_call'" err
ok "and its notifiers"

shared=${USHER_SHARED:-$root/../shared}/recordings
[ -d "$shared" ] || { echo "skip recordings are not here"; exit 0; }
# The whole policy, its waits played as the engine runs them. A recording does
# not say how its session ended: the walk takes "unresolved".
tab=$(printf '\t')
# figures FILE LABEL: id, label; joined with the decisions
figures() {
    zcat "$shared/$1" | jq -r "[.id, (.labels.$2 | tostring)] | @tsv" | sort >"$work/labels"
    code 0 "$USHER" decide --policy "$policies/full" --json "$shared/$1"
    jq -r '[.id, .action, .rule // "-"] | @tsv' "$work/out" | sort >"$work/decided"
    join -t"$tab" "$work/labels" "$work/decided"
}
# told NAME PRECISION RECALL: reads id, label, action, rule
told() {
    awk -F"$tab" -v name="$1" -v floor_p="$2" -v floor_r="$3" '
        $2 == "true" && $3 == "escalate" { hit++ }
        $2 != "true" && $3 == "escalate" { extra++; by[$4]++ }
        $2 == "true" && $3 != "escalate" { missed++ }
        $3 == "offer" { $2 == "true" ? offered++ : offered_extra++ }
        END {
            p = hit / (hit + extra); r = hit / (hit + missed)
            printf "ok %s: precision %.3f, recall %.3f; beside them %d offers where it holds, %d where not\n", name, p, r, offered, offered_extra
            for (rule in by) printf "ok %s: over-escalated %d by \"%s\"\n", name, by[rule], rule | "sort"
            close("sort")
            exit !(p > floor_p && r > floor_r)
        }'
}
figures tau-airline-train.jsonl.gz ai_transferred >"$work/tau"
told "tau-airline hand-overs" 0.80 0.70 <"$work/tau" || fail "tau-airline: not above the keyword floor (0.80, 0.70)"
figures star-train.jsonl.gz needs_human_proxy >"$work/star"
told "STAR proxy (nobody asked there)" 0 0 <"$work/star" || fail "STAR: no hand-over was right"
