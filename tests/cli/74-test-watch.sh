# usher test --watch: again at each change, whatever stands in the files, until
# it is interrupted.
. "$(dirname "$0")/lib.sh"
cd "$work"
mkdir rules
echo 'rule "a" { when = says { "x" }, keep = true }' >rules/a.lua
echo 'test "one" { given = conversation { customer "x" }, expect = { rule = "a" } }' >rules/a_test.lua
"$USHER" test rules --watch >out 2>err </dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
# until N FILE WORDS: that many lines with the words
until_seen() {
    tries=0
    while [ "$(grep -cF "$3" "$2")" -lt "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { cat out err >&2; fail "not seen: $3"; }
        sleep 0.1
    done
}
until_seen 1 err 'waiting for a change'
until_seen 1 out 'ok      one'
echo 'test "two" { given = conversation { customer "x" }, expect = { rule = "b" } }' >>rules/a_test.lua
until_seen 2 err 'waiting for a change'
until_seen 1 out 'failed  two'
ok 'a saved file runs the tests again'
echo 'rule "half' >rules/b.lua
until_seen 3 err 'waiting for a change'
until_seen 1 err 'rules/b.lua:1'
ok 'a broken file is told and survived'
rm rules/b.lua
echo 'rule "b" { when = says { "y" }, keep = true }' >new && mv new rules/b.lua
sed -i 's/rule = "b"/rule = "a"/' rules/a_test.lua
until_seen 1 out 'ok      two'
ok 'and works again when it is mended'
kill -INT "$pid" 2>/dev/null
got=0; wait "$pid" || got=$?
[ "$got" = 0 ] || fail "Ctrl-C: exit $got"
ok 'Ctrl-C ends it, with what the last run came to'
trap 'rm -rf "$work"' EXIT
