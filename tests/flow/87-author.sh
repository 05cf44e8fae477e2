#!/bin/sh
# A live conversation becomes a redacted test of the policy, and the policy's
# book says how often each rule decided. N22 N27
. "$(dirname "$0")/lib.sh"
start_vendor
cp -r "$root/rules/starter" "$home/rules"
configure
sed -i "s|^policy .*|policy \"$home/rules\"|" "$home/usher.conf.lua"
start_engine
send e-1 "$(message k/1 'Mara here, mara@customer.example, +49 170 1234567: I was charged twice')"
send e-2 "$(message k2 "$human")"
send e-3 "$(message k3 "$human")"
send e-4 "$(message k4 'When are you open?')"
quiet

"$USHER" record -c "$home/usher.conf.lua" --write charged-twice web:k/1 >"$home/out" 2>&1 || { cat "$home/out"; fail 'N22 record'; }
for planted in Mara Okafor customer.example 1234567 k/1; do
    ! grep -q "$planted" "$home/rules/charged-twice.json" || fail "N22 $planted is in the fixture"
done
ok 'N22 nothing that was planted is in the fixture of a live conversation'
has 'N22 the present decision is expected' "$(cat "$home/rules/charged-twice_test.lua")" 'rule = "billing dispute"'
"$USHER" test "$home/rules" >"$home/out" 2>&1 || { cat "$home/out"; fail 'N22 the test does not pass at once'; }
ok 'N22 and holds at once'
sed -i 's/"charged twice", //' "$home/rules/30-billing.lua"
if "$USHER" test "$home/rules" --filter charged-twice >"$home/out" 2>&1; then fail 'N22 the test does not see a change'; fi
ok 'N22 and fails when the rule changes'
"$USHER" record -c "$home/usher.conf.lua" web:absent >"$home/out" 2>&1
is 'N22 a conversation that is not there' "$?" 1
has 'N22 with the form of an id' "$(cat "$home/out")" '<source>:'

is 'N27 the engine counts its rules' "$(ask /v1/rules | jq -c '.rules["asked for a person"], .rules["billing dispute"], .decisions >= 3')" '2
1
true'
book=$("$USHER" docs --policy "$home/rules" --socket "$home/admin.sock") || fail 'N27 docs'
has 'N27 the book has the count' "$book" 'decisions of the running engine'
is 'N27 of each rule' "$(echo "$book" | sed -n 's/^| [12345] | \(asked for a person\|billing dispute\|the customer is frustrated\) .* | \([0-9]*\) |$/\2/p' | tr '\n' ' ')" '2 1 0 '
# Pages: more decisions than one holds, under ids with a slash.
stop_engine
sqlite3 "$home/usher.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)
  INSERT INTO decision SELECT tenant, 'web:p/' || i, 1, 1, policy_sha, in_hwm, prefix_sha, facts, action, outcome, why, cpu_us, at
  FROM n, (SELECT * FROM decision WHERE outcome LIKE '%billing dispute%' LIMIT 1)"
start_engine
book=$("$USHER" docs --policy "$home/rules" --socket "$home/admin.sock") || fail 'N27 docs'
is 'N27 over several pages' "$(echo "$book" | sed -n 's/^| 3 | billing dispute .* | \([0-9]*\) |$/\1/p')" 4501
is 'N27 a page that begins nowhere' "$(ask /v1/rules/rubbish -o "$home/answer" -w '%{http_code}')" 404
