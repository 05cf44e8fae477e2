# A rule can hurt nobody: whatever it does, its conversation goes to a human.
. "$(dirname "$0")/lib.sh"
printf '{"id":"a","source":"x","messages":[{"role":"customer","text":"hello"}]}\n' >"$work/one.jsonl"
mkdir "$work/p"
try() { # NAME CLASS LUA
    printf 'rule "bad" { when = function(c) %s end, keep = true }\n' "$3" >"$work/p/a.lua"
    # On a machine that is too busy the clock may end it first: once more.
    for _ in 1 2 3 4 5; do
        code 1 "$USHER" decide --policy "$work/p" --json "$work/one.jsonl"
        has '"action":"escalate","reason":"error"' out
        grep -q 'over the wall limit' "$work/err" || break
    done
    has "$2" err
    ok "$1"
}
try "an endless loop" budget 'while true do end'
try "an error" "boom" 'error("boom")'
try "memory" memory 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(200000) .. i end'
try "a pattern that never ends" budget 'return (("a"):rep(200)):find((".-"):rep(8) .. "b")'
