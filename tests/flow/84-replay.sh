#!/bin/sh
# What an engine decided is decided again from what it recorded, by the socket
# and from its store; and what it kept is back-tested under other rules. N7 N1
. "$(dirname "$0")/lib.sh"
cp -r "$root/tests/policy" "$home/rules"
rm -f "$home"/rules/*_test.lua
configure_caught '' "$home/rules"
start_engine
conf=$home/usher.conf.lua
# says CODE COMMAND...: the output in $home/said, what went wrong in $home/err
says() {
    want=$1 code=0
    shift
    "$@" >"$home/said" 2>"$home/err" </dev/null || code=$?
    [ "$code" = "$want" ] || fail "exit $code, not $want: $* $(cat "$home/said" "$home/err")"
}
said() { cat "$home/said"; }
wrong() { cat "$home/err"; }

# --- conversations of every kind ---------------------------------------------------------
send a-1 "$(message a 'When are you open?')"
send a-2 "$(message a 'I want a refund, please.' 1)"
quiet
send a-3 "$(message a 'Are you still there?' 2)"
send b-1 "$(message b "$human")"
send c-1 '{"type":"usher.message","data":{"conversation_id":"c","channel":"web","mode":"append","first_index":0,"customer":{"id":"k","tier":"vip"},"intent":{"name":"crash","confidence":0.3},"attributes":{"plan":"gold"},"messages":[{"role":"user","content":"It crashes"},{"role":"assistant","content":"Have you tried again?"}]}}'
send c-2 '{"type":"usher.session.ended","data":{"conversation_id":"c","outcome":"unresolved"}}'
send d-1 "$(message 'd/e f' 'When are you open?')"
send d-2 "$(message 'd/e f' 'On Sundays too?' 1)"
i=0
while [ $i -lt 12 ]; do
    send "m$i-1" "$(message "m$i" "Question number $i")"
    send "m$i-2" "$(message "m$i" 'my lawyer will hear of this' 1)"
    i=$((i + 1))
done
quiet
decisions=$(stored 'SELECT count(*) FROM decision')
[ "$decisions" -ge 30 ] || fail "only $decisions decisions"

# --- all of them, the same again ------------------------------------------------------------
says 0 "$USHER" decide --replay-all -c "$conf" --json
is 'N7 every decision is replayed' "$(wc -l <"$home/said" | tr -d ' ')" "$decisions"
is 'N7 and identical' "$(jq -r .replay "$home/said" | sort -u)" identical
is 'N7 byte for byte' "$(jq -c 'select((.stored | tojson) != (.made | tojson)) | .id' "$home/said")" ''
has 'counted' "$(wrong)" "$decisions identical, 0 as recorded, 0 differ, 0 cannot be replayed"
cp "$home/said" "$home/by-socket"
says 0 "$USHER" decide --replay-all --store "$home/usher.db" --json
cmp -s "$home/said" "$home/by-socket" || fail 'the store tells others than the socket'
ok 'N7 the same from the store, while the engine runs'
says 0 "$USHER" decide --replay-all --socket "$home/admin.sock" --since 1h
is 'those of the last hour' "$(wrong)" "$decisions identical, 0 as recorded, 0 differ, 0 cannot be replayed"
n=$(stored "SELECT min(n) FROM decision WHERE conv = 'web:d/e f'")
says 0 "$USHER" decide --replay "web:d/e f/1/$n" -c "$conf"
is 'one, by an odd name' "$(said)" "web:d/e f/1/$n: identical"
says 1 "$USHER" decide --replay web:a/1/99 -c "$conf"
has 'an unknown one' "$(wrong)" 'There is no such id.'
says 1 "$USHER" decide --replay nonsense -c "$conf"
for bad in '--replay web:a/1/1 --replay-all' '--replay-all some.jsonl' '--replay-all --since soon'; do
    # shellcheck disable=SC2086
    says 2 "$USHER" decide $bad -c "$conf"
done
ok 'what cannot be meant is refused'

# --- under other rules -------------------------------------------------------------------------
refund=$(stored "SELECT conv || '/' || episode || '/' || n FROM decision WHERE conv = 'web:a' AND action = 'escalate'")
cp -r "$home/rules" "$home/altered"
sed -i 's/reason = "refund", tags = { "refund" }, need = "approval", priority = "high"/reason = "refund", group = "billing", need = "approval", priority = "low"/' "$home/altered/rules.lua"
says 1 "$USHER" decide --replay "$refund" -c "$conf" --policy "$home/altered"
has 'N7 altered rules differ, and it says in what' "$(said)" 'priority: was high, is low'
has 'N7 in every member' "$(said)" 'group: was support, is billing'
says 1 "$USHER" decide --replay-all -c "$conf" --policy "$home/altered"
is 'only that one differs' "$(grep -c ': differs$' "$home/said")" 1

# --- the rules are changed, and what was decided stays explainable ---------------------------------
cp "$home/altered/rules.lua" "$home/rules/rules.lua"
stop_engine
start_engine
send z-1 "$(message z 'I want a refund, please.')"
quiet
is 'the new rules decide now' "$(stored "SELECT count(DISTINCT policy_sha) FROM decision")" 2
says 0 "$USHER" decide --replay-all -c "$conf"
has 'N7 each under its own rules' "$(wrong)" "$((decisions + 1)) identical"

# --- explained ----------------------------------------------------------------------------------------
says 0 "$USHER" explain --decision "$refund" -c "$conf"
has 'a stored decision is explained by the rules that made it' "$(said)" "$refund, web:a at message 2: escalate by rule refund, reason refund"
says 0 "$USHER" explain --decision "$refund" --store "$home/usher.db" --json
is 'as JSON, from the store' "$(jq -r '[.rule, .priority] | join(" ")' "$home/said")" 'refund high'

# --- what is kept, under other rules ------------------------------------------------------------------
says 0 "$USHER" backtest --new "$home/altered" --since 1d -c "$conf" --json
is 'the rules in force are the old ones' "$(jq -c '[.policies.same, .changed.all]' "$home/said")" '[true,0]'
is 'all conversations are walked' "$(jq .conversations "$home/said")" "$(stored 'SELECT count(*) FROM conversation')"
says 0 "$USHER" backtest --old "$root/tests/policy" --new "$home/altered" --since 1d -c "$conf" --json
is 'what changes of it' "$(jq -c '[.changed.moved, ([.changes[].id] | sort)]' "$home/said")" '[2,["web:a","web:z"]]'
cp "$home/said" "$home/first"
says 0 "$USHER" backtest --old "$root/tests/policy" --new "$home/altered" --store "$home/usher.db" --json
cmp -s "$home/said" "$home/first" || fail 'a store is back-tested otherwise than its engine'
ok 'the same from the store'

# --- pages --------------------------------------------------------------------------------------------------
page() { ask "$1" >"$home/page"; jq "$2" "$home/page"; }
is 'a page ends where it is told to' "$(page '/v1/recordings?limit=4' '.recordings | length')" 4
next=$(jq -r .next "$home/page")
last=$(jq -r '.recordings[3].id' "$home/page")
ask "/v1/recordings?limit=4&after=$next" >"$home/page"
[ "$(jq -r '.recordings[0].id' "$home/page")" \> "$last" ] || fail 'the next page begins elsewhere'
ok 'the next page goes on behind it'
is 'nothing later than tomorrow' "$(page "/v1/recordings?since=$(($(date +%s) + 86400))000" '.recordings | length')" 0
is 'a page of decisions' "$(page '/v1/decisions?limit=5' '.decisions | length')" 5
for bad in 'recordings?since=x' 'decisions?limit=-1' 'decisions?after=%25'; do
    is "refused: $bad" "$(ask "/v1/$bad" -o /dev/null -w '%{http_code}')" 422
done
hash=$(ask /v1/policy | jq -r .hash)
is 'the files of the rules in force' "$(ask "/v1/policies/$hash" | jq '[.files[] | select(.[0] | endswith("/rules.lua"))] | length')" 1
is 'no such rules' "$(ask /v1/policies/nothing -o /dev/null -w '%{http_code}')" 404

# --- what is gone, or was tampered with -----------------------------------------------------------------------
stop_engine
says 0 "$USHER" decide --replay-all --store "$home/usher.db"
ok 'N7 the store alone is enough'
sqlite3 "$home/usher.db" "UPDATE decision SET outcome = replace(outcome, '\"priority\":\"high\"', '\"priority\":\"low\"') WHERE conv = 'web:a' AND action = 'escalate'"
says 1 "$USHER" decide --replay "$refund" --store "$home/usher.db"
has 'an altered row is found' "$(said)" 'priority: was low, is high'
sqlite3 "$home/usher.db" "UPDATE message SET body = replace(body, 'Question number 3', 'Another question') WHERE conv = 'web:m3'"
n=$(stored "SELECT max(n) FROM decision WHERE conv = 'web:m3'")
says 1 "$USHER" decide --replay "web:m3/1/$n" --store "$home/usher.db"
has 'altered messages are noticed' "$(said)" 'messages were added before its moment, or are gone'
sqlite3 "$home/usher.db" "UPDATE policy SET files = replace(files, 'my lawyer', 'my mother')"
says 5 "$USHER" decide --replay "web:m3/1/$n" --store "$home/usher.db"
has 'altered rules are noticed' "$(said)" 'is not what decided'
sqlite3 "$home/usher.db" 'DELETE FROM policy'
says 5 "$USHER" decide --replay "web:m3/1/$n" --store "$home/usher.db"
has 'rules that are not kept' "$(said)" 'which are not kept'
says 4 "$USHER" decide --replay "$refund" -c "$conf"
has 'no engine' "$(wrong)" 'no engine answers'
says 4 "$USHER" decide --replay "$refund" --store "$home/nothing.db"
sqlite3 "$home/other.db" 'CREATE TABLE x (y)'
says 4 "$USHER" decide --replay "$refund" --store "$home/other.db"
has 'a database of others' "$(wrong)" 'is a database of another program'
