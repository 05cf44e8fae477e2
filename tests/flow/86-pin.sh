#!/bin/sh
# policy { conversations = "pin" }: a conversation ends under the rules that it
# began under, whatever comes into force meanwhile; and which rules are kept.
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
rule() { # GROUP
    cat >"$home/rule.new" <<EOF
rule "wants a human" {
  when = says { "human" },
  escalate = { reason = "asked", next_step = "Answer.", group = "$1" },
}
EOF
    mv "$home/rule.new" "$home/rules/10-a.lua"
}
reload() { "$USHER" reload --socket "$home/admin.sock" >"$home/said" 2>&1 || fail "reload: $(cat "$home/said")"; }
begin() { send "begin-$1" "$(message "$1" 'hello, one question')" && quiet; }
finish() { # CONVERSATION: the group it goes to
    send "end-$1" "$(message "$1" 'a human please' 1)" >/dev/null && quiet >/dev/null
    ask "/v1/conversations/web:$1" | jq -r .decision.group
}
rule support
configure
sed -i "s#^policy .*#policy { dir = \"$home/rules\", conversations = \"pin\" }#" "$home/usher.conf.lua"
start_engine
first=$(hash)
for c in a b c d; do begin $c; done
rule billing
reload
[ "$(hash)" != "$first" ] || fail 'the new rules are not in force'
begin e
is 'a pinned conversation ends under the rules it began under' "$(finish a)" support
is 'a new one is decided by those in force' "$(finish e)" billing
kill_engine
start_engine
is 'also after a restart' "$(finish b)" support
is 'each decision names its rules' \
    "$(stored "SELECT count(DISTINCT policy_sha) FROM decision WHERE conv IN ('web:a', 'web:b')") $(stored "SELECT DISTINCT policy_sha FROM decision WHERE conv = 'web:b'")" "1 $first"

# What an operator took back decides nothing any more.
second=$(hash)
begin f
policy back >/dev/null || fail back
is 'back: the first are in force' "$(hash)" "$first"
is 'and what was pinned to those taken back follows' "$(finish f)" support
"$USHER" reload --force --socket "$home/admin.sock" >/dev/null || fail force
is 'forced they are in force again' "$(hash)" "$second"

# As long as the version is kept.
stop_engine
sqlite3 "$home/usher.db" "DELETE FROM policy WHERE hash = '$first'"
start_engine
is 'without the version they follow' "$(finish c)" billing
has 'and the log says why' "$(cat "$home/usher.log")" policy.unpinned
stop_engine
sed -i 's/conversations = "pin"/conversations = "follow"/' "$home/usher.conf.lua"
start_engine
is 'configured so, all follow' "$(finish d)" billing

# The last ten versions are kept, and those by which something was decided.
deciding=$(hash)
n=0
while [ $n -lt 14 ]; do
    n=$((n + 1))
    rule "support"
    echo "-- $n" >>"$home/rules/10-a.lua"
    reload
done
last=$(hash)
swept() { [ "$(stored 'SELECT count(*) FROM policy')" = 11 ]; }
within 15 swept || fail "kept are $(stored 'SELECT count(*) FROM policy') versions"
ok 'of 15 versions the last ten are kept, and the one by which something was decided'
is 'that one, and the last,' "$(stored "SELECT count(*) FROM policy WHERE hash IN ('$deciding', '$last')")" 2
is 'every decision has its rules, but for what was deleted by hand' \
    "$(stored "SELECT count(*) FROM decision WHERE policy_sha NOT IN (SELECT hash FROM policy) AND policy_sha <> '$first'")" 0
policy back "$(policy list | sed -n 10p | cut -c 1-12)" >/dev/null || fail 'the tenth'
ok 'the tenth of the list comes back with one command'
stop_engine
