#!/bin/sh
# Rules change while the engine runs: by saving a file, by SIGHUP, by asking.
# What does not load or does not pass its own tests never decides; what was
# withdrawn does not come back by itself. N2 S126 S142
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
echo parcel >"$home/rules/words.txt"
rule() { # GROUP
    cat <<EOF
rule "about parcels" {
  when = says { list "words.txt" },
  escalate = { reason = "parcel", next_step = "Look it up.", group = "$1" },
}
EOF
}
rule support >"$home/rules/10-a.lua"
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine

last() { ask /v1/policy | jq -r ".last_reload.$1 // empty"; }
changed() { [ "$(hash)" != "$1" ]; }
rejected() { last why | grep -q "$1"; }
group_now() { # where a new conversation goes
    count=$(stored 'SELECT count(*) + 1 FROM conversation')
    send "r-$count" "$(message "r$count" 'where is my parcel')" >/dev/null
    [ "$status" = 202 ] || fail "event $count: $status"
    quiet
    ask "/v1/conversations/web:r$count" | jq -r .decision.group
}

is 'the rules of the start decide' "$(group_now)" support
first=$(hash)
rule billing >"$home/rules/10-a.lua"
within 5 changed "$first" || fail "a saved file did not come into force: $(ask /v1/policy)"
ok 'a saved file comes into force by itself'
second=$(hash)
is 'and decides' "$(group_now)" billing
is 'what came of it is told' "$(last outcome)" 'in force'

echo 'rule "half' >"$home/rules/20-b.lua"
within 5 rejected '20-b.lua:1' || fail "no rejection with file and line: $(ask /v1/policy)"
ok 'N2 a file that does not load is rejected, with file and line'
is 'N2 the rules in force stay' "$(hash) $(group_now)" "$second billing"
is 'N2 it is counted' "$(metric policy_reload_rejected_total)" 1
has 'N2 /readyz says so' "$(ask /readyz)" '20-b.lua:1'
is 'and is ready all the same' "$(ask /readyz | jq -r .status)" ready
is 'who asks gets the reason' "$(ask /v1/policy/reload -X POST -o "$home/said" -w '%{http_code}')" 422
has 'in a problem document' "$(cat "$home/said")" 'The rules in force stay as they are'

# Rules that load and do not what their own tests say never decide.
rm "$home/rules/20-b.lua"
expecting() { # GROUP
    printf 'test "a parcel" { given = conversation { customer "my parcel" }, expect = { group = "%s" } }\n' "$1"
    printf 'test "a letter" { given = conversation { customer "my letter" }, expect = "nothing" }\n'
}
# (In an order in which each state between is one that changes nothing: on a busy
# machine it may be seen.)
expecting billing >"$home/rules/10-a_test.lua"
rule legal >"$home/rules/10-a.lua"
within 5 rejected 'a parcel' || fail "no rejection with the test: $(ask /v1/policy)"
is 'N2 rules whose own test fails are refused: file, line, test and what differs' "$(last why)" \
    "$home/rules/10-a_test.lua:1: test \"a parcel\" fails: group: expected billing, got legal (1 of 2)"
is 'N2 the old ones decide' "$(hash) $(group_now)" "$second billing"
[ "$(metric policy_reload_rejected_total)" -ge 2 ] || fail 'N2 it is not counted'
has 'N2 /readyz names the test' "$(ask /readyz)" 'a parcel'
before=$(hash)
expecting legal >"$home/rules/10-a_test.lua"
within 5 changed "$before" || fail "the corrected test was not seen: $(ask /v1/policy)"
is 'N2 with the test corrected they come into force' "$(last outcome) $(last tests_passed) $(group_now)" 'in force 2 legal'
printf 'test "half' >"$home/rules/10-a_test.lua"
rule tier2 >"$home/rules/10-a.lua"
within 5 rejected '10-a_test.lua:1' || fail "a test that does not load: $(ask /v1/policy)"
ok 'N2 nor do rules whose tests do not load'
rule billing >"$home/rules/10-a.lua"
rm "$home/rules/10-a_test.lua"
back_again() { [ "$(hash)" = "$second" ]; }
within 5 back_again || fail "the rules of before: $(ask /v1/policy)"

echo 'while true do end' >"$home/rules/20-b.lua"
within 5 rejected 'instructions' || fail "an endless load was not rejected: $(ask /v1/policy)"
ok 'a file that never ends is rejected'
is 'while decisions go on' "$(group_now)" billing
rm "$home/rules/20-b.lua"
good() { [ "$(last outcome)" = unchanged ]; }
within 5 good || fail "the folder is as it was: $(ask /v1/policy)"
ok 'without it all is as it was'
case $(ask /readyz) in *policy_rejected*) fail '/readyz still complains' ;; esac

# An editor that writes a new file and renames it; a folder that is replaced.
rule tier2 >"$home/new" && mv "$home/new" "$home/rules/10-a.lua"
within 5 changed "$second" || fail 'a renamed file was not seen'
ok 'a file that is moved in comes into force'
third=$(hash)
mkdir "$home/rules.new" && cp "$home/rules/words.txt" "$home/rules.new" && rule legal >"$home/rules.new/10-a.lua"
mv "$home/rules" "$home/rules.old" && mv "$home/rules.new" "$home/rules"
within 8 changed "$third" || fail 'a replaced folder was not seen'
ok 'a folder that is replaced comes into force'
fourth=$(hash)
rule security >"$home/rules/10-a.lua"
within 5 changed "$fourth" || fail 'the new folder is not watched'
ok 'and is watched from then on'
fifth=$(hash)

# SIGHUP: nothing new; and the command line.
kill -HUP "$engine_pid"
within 5 good || fail "SIGHUP: $(ask /v1/policy)"
ok 'SIGHUP asks for it too'
is 'usher reload says what came of it' "$("$USHER" reload --socket "$home/admin.sock")" \
    "unchanged: $fifth is in force"
is 'usher policy list shows them, the newest first' \
    "$("$USHER" policy list --socket "$home/admin.sock" | awk '{ print $1 }' | head -n 3 | tr '\n' ' ')" "$fifth $fourth $third "

# Back.
"$USHER" policy back --socket "$home/admin.sock" >"$home/said" || fail "back: $(cat "$home/said")"
is 'back: the rules before are in force' "$(hash) $(group_now)" "$fourth legal"
is 'what was withdrawn does not come back by itself' \
    "$(ask /v1/policy/reload -X POST -o "$home/said" -w '%{http_code}') $(hash)" "422 $fourth"
has 'and the answer says why' "$(cat "$home/said")" 'withdrawn'
stop_engine
start_engine
is 'nor at the next start' "$(hash)" "$fourth"
"$USHER" policy back "$(printf %.12s "$first")" --socket "$home/admin.sock" >/dev/null || fail 'back to the first'
is 'back to any that was kept' "$(hash)" "$first"
"$USHER" reload --force --socket "$home/admin.sock" >/dev/null || fail 'reload --force'
is 'unless it is forced' "$(hash) $(group_now)" "$fifth security"
is 'back to what is not kept is refused' \
    "$("$USHER" policy back 0123456789 --socket "$home/admin.sock" 2>&1; echo $?)" \
    'usher policy: no rules of that hash are kept; usher policy list. The rules in force stay as they are.
1'

# A slip in a file and a reboot: the last rules in force decide.
echo 'rule "half' >"$home/rules/20-b.lua"
within 5 rejected '20-b.lua:1' || fail 'the slip was not seen'
kill_engine
start_engine
is 'a start with a broken folder takes the last rules in force' "$(hash) $(group_now)" "$fifth security"
has 'and says so' "$(cat "$home/usher.log")" policy.kept_one
rm "$home/rules/20-b.lua"
is 'every change is in the audit' \
    "$(stored "SELECT count(*) FROM audit WHERE obj = 'policy' AND verb IN ('policy.reload', 'policy.back')")" 9
is 'each decision names its rules' \
    "$(stored "SELECT count(DISTINCT policy_sha) FROM decision WHERE conv IN ('web:r1', 'web:r2')")" 2
stop_engine
