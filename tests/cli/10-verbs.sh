# Every verb: what it does, its exit codes, its one-line errors.
. "$(dirname "$0")/lib.sh"
code 0 "$USHER" version; has "usher " out; ok "version"
code 2 "$USHER"; ok "no verb is a usage error"
code 2 "$USHER" sevre; has "did you mean usher serve" err; ok "a slip gets the nearest verb"
code 0 "$USHER" help; has "usher decide" out; ok "help"
code 2 "$USHER" decide --polcy x y; has "did you mean --policy" err; ok "a slip gets the nearest option"

code 0 "$USHER" init "$work/new"
[ -f "$work/new/usher.conf.lua" ] || fail "init made no configuration"
code 0 "$USHER" test "$work/new/rules"; ok "S147 init makes a five-rule policy that passes its own tests"
code 1 "$USHER" init "$work/new"; has "there already" err; ok "init overwrites nothing"
(cd "$work/new" && WEB_SECRET="whsec_$(openssl rand -base64 32)" "$USHER" check >"$work/out" 2>&1) || fail "check of init"
has "fine" out; ok "check"
code 3 "$USHER" check -c "$work/new/usher.conf.lua"; has "WEB_SECRET" err; has "usher.conf.lua:" err
ok "a missing secret is one line with place and remedy"

mkdir "$work/empty"; code 3 "$USHER" test "$work/empty"; ok "an empty policy folder is refused"
mkdir "$work/notests"; printf 'rule "a" { when = says { "x" }, keep = true }\n' >"$work/notests/a.lua"
code 1 "$USHER" test "$work/notests"; has "no test found" err; ok "no test found is a failure"

mkdir "$work/bad"
printf 'rule "a" {\n  when = says { "x" },\n  escalate = { reason = "x", nextstep = "y" },\n}\n' >"$work/bad/a.lua"
code 3 "$USHER" check --policy "$work/bad"; has "a.lua:1" err; has "next_step" err; ok "S140 S164 unknown keys get the nearest name, file and line"
printf 'rule "a" { when = says { "x" }, escalate = { reason = "x" } }\n' >"$work/bad/a.lua"
code 3 "$USHER" check --policy "$work/bad"; has "next_step" err; ok "S140 escalate without next_step is refused"
printf 'rule "a" { when = says { "x" }, keep = true }\nrule "a" { when = says { "y" }, keep = true }\n' >"$work/bad/a.lua"
code 3 "$USHER" check --policy "$work/bad"; has "has the name of another" err; ok "S51 S163 names are unique"
printf 'rule "a" {\n' >"$work/bad/a.lua"
code 3 "$USHER" check --policy "$work/bad"; has "a.lua:" err; ok "a syntax error has file and line"
printf 'while true do end\n' >"$work/bad/a.lua"
code 3 "$USHER" check --policy "$work/bad"; ok "a file that loops at load is stopped"

cat >"$work/conf.lua" <<'C'
listen "127.0.0.1:0"
groups { "support", "billing" }
helpdesk "zd" { adapter = "zendesk" }
C
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has "conf.lua:3" err
ok "S45 a helpdesk without credentials fails the check, with its line"
code 3 "$USHER" check -c "$work/conf.lua" --list-helpdesks; ok "S53 only complete helpdesks are listed"
[ ! -s "$work/out" ] || fail "an incomplete helpdesk was listed"
cat >"$work/conf.lua" <<'C'
listen "127.0.0.1:0"
groups { "support", "billing" }
default_group "suport"
C
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has "did you mean 'support'" err
ok "S30 an unknown group gets the nearest name"
sed -i 's/suport/nobody/' "$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has 'is not in groups { ... }; it names billing, support' err
{ printf 'groups {'; for n in $(seq -w 40); do printf ' "team-%s",' "$n"; done; echo ' }'; echo 'default_group "zzz"'; } >"$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has 'team-11, team-12 and 28 more' err
ok "S30 with none near, the groups that there are"

# The name of an adapter: the nearest, else those there are, own ones too.
mkdir -p "$work/own/sources"
cp "$root/adapters/sources/custom.lua" "$work/own/sources/house-chat.lua"
cp "$root/adapters/sources/custom.lua" "$work/own/sources/custom.lua"
: >"$work/own/sources/house-chat_test.lua"
adapter() { # NAME CODE
    printf 'adapters "own"\nsource "web" { adapter = "%s", secret = secret "WEB_SECRET" }\n' "$1" >"$work/conf.lua"
    code "$2" env WEB_SECRET="whsec_$(openssl rand -base64 32)" "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
}
adapter house-chat 0
adapter house_chat 3; has 'conf.lua:2: no source adapter "house_chat"; did you mean house-chat?' err
adapter telephone 3; has 'no source adapter "telephone"; there are custom, dialogflow, intercom, watsonx, house-chat' err
ok "an unknown adapter gets the nearest name, else the names there are"

# A folder of rules that is not there: who named it, and what to do.
printf 'groups { "support" }\npolicy "nowhere"\n' >"$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua"; has "conf.lua:2: policy \"$work/nowhere\": No such file or directory; name the folder" err
printf 'groups { "support" }\n' >"$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua"; has "$work/conf.lua: no policy \"...\" is declared, and the default, $work/rules: No such file" err
: >"$work/rules"
code 3 "$USHER" check --policy "$work/rules"; has "check: $work/rules: Not a directory; name the folder" err
rm "$work/rules"; mkdir "$work/rules"
code 3 "$USHER" check -c "$work/conf.lua"; has "no file ends in .lua" err
rmdir "$work/rules"
ok "a folder of rules that is not there: the place and the remedy"

# promised SLA LINE-OF-THE-ERROR WORDS
promised() {
    printf 'groups { "support", "billing" }\nsla %s\n' "$1" >"$work/conf.lua"
    code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has "conf.lua:2" err; has "$2" err
}
promised '{ urgnt = "1h" }' "did you mean 'urgent'"
promised '{ high = 4 }' 'sla.high must be a string'
promised '{ high = "4 hours" }' 'a time is written "30m", "4h" or "1d"'
promised '{ low = "0m" }' "not '0m'"
promised '{ low = "9000000000d" }' 'at most 366 days'
promised '"4h"' 'sla { ... } expected'
printf 'groups { "support", "billing" }\nsla { urgent = "30m", high = "4h", normal = "1d", low = "90s" }\n' >"$work/conf.lua"
code 0 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
ok "S139 a promise by priority is checked, with its line"

# tickets_are SETTINGS WORDS [GROUPS]: S149 N16, what is said of tickets
tickets_are() {
    printf 'groups { "support", %s }\ntickets %s\n' "${3:-\"billing\"}" "$1" >"$work/conf.lua"
    code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has "$2" err
}
tickets_are '{ folow = "5m" }' "conf.lua:2: tickets has no setting 'folow' (did you mean 'follow'?)"
tickets_are '{ follow = "five minutes" }' "tickets.follow: a time is written"
tickets_are '{ reopen_within = "0s" }' "not '0s'"
tickets_are '{ unassigned_after = 5 }' 'tickets.unassigned_after must be a string'
tickets_are '{ then_group = "suport" }' "tickets.then_group: group \"suport\" is not in groups { ... } (did you mean 'support'?)"
tickets_are '{}' 'conf.lua:1: group billing.unassigned_after: a time is written' 'billing = { unassigned_after = "soon" }'
tickets_are '{}' 'group billing.then_group: group "nobody" is not in groups' 'billing = { then_group = "nobody" }'
tickets_are '{}' 'group billing gives what nobody takes to itself' 'billing = { then_group = "billing" }'
printf 'helpdesk "rt" { adapter = "desk", follow = "often" }\n' >"$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has 'conf.lua:1: helpdesk "rt".follow: a time is written' err
printf 'groups { "support", billing = { unassigned_after = "15m", then_group = "support" } }\ntickets { follow = "1m", reopen_within = "48h", unassigned_after = "1h" }\nhelpdesk "own" { adapter = "desk", follow = false }\n' >"$work/conf.lua"
code 0 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
ok "S149 N16 how tickets are followed is checked, with its line"
cat >"$work/conf.lua" <<'C'
groups { "support" }
C
printf 'rule "a" { when = says { "x" }, escalate = { reason = "x", next_step = "y", group = "billing" } }\n' >"$work/bad/a.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$work/bad"; has "group 'billing'" err; ok "S30 a rule's group must be configured"
