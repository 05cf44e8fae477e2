# A rule can hurt nobody: whatever it does, its conversation goes to a human.
. "$(dirname "$0")/lib.sh"
printf '{"id":"a","source":"x","messages":[{"role":"customer","text":"hello"}]}\n' >"$work/one.jsonl"
mkdir "$work/p"
# Memory that was never touched may be slow to get, and a machine busy: the clock
# is not what ends these.
echo 'limits { decide = { wall_ms = 20000 } }' >"$work/patient.lua"
try() { # NAME CLASS LUA [CONFIGURATION]
    printf 'rule "bad" { when = function(c) %s end, keep = true }\n' "$3" >"$work/p/a.lua"
    code 1 "$USHER" decide -c "${4:-$work/patient.lua}" --policy "$work/p" --json "$work/one.jsonl"
    has '"action":"escalate","reason":"error"' out
    has "$2" err
    ok "$1"
}
try "an endless loop" budget 'while true do end'
try "an error" "boom" 'error("boom")'
try "memory" memory 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(200000) .. i end'
try "a pattern that never ends" budget 'return (("a"):rep(200)):find((".-"):rep(8) .. "b")'

# The limits are the configuration's.
echo 'limits { decide = { wall_ms = 20 } }' >"$work/brief.lua"
echo 'limits { decide = { instructions = 10000 } }' >"$work/short.lua"
echo 'limits { decide = { heap = 1 << 20, wall_ms = 20000 } }' >"$work/narrow.lua"
slow='local s = ("x"):rep(200000) local a, b = s .. "a", s .. "b" while a ~= b do end'
try "a wall of its own" 'over the wall limit of 20 ms' "$slow" "$work/brief.lua"
try "a budget of its own" budget 'for i = 1, 1e5 do end' "$work/short.lua"
try "a heap of its own" 'more than 1048576 bytes' \
    'local t = {} for i = 1, 8 do t[i] = ("x"):rep(200000) .. i end' "$work/narrow.lua"
printf 'rule "busy" { when = function(c) for i = 1, 1e5 do end end, keep = true }\n' >"$work/p/a.lua"
printf 'cases "busy" { { "it is", conversation { customer "hello" }, { action = "keep" } } }\n' >"$work/p/a_test.lua"
code 0 "$USHER" decide --policy "$work/p" "$work/one.jsonl"
code 1 "$USHER" decide -c "$work/short.lua" --policy "$work/p" "$work/one.jsonl"
code 1 "$USHER" test -c "$work/short.lua" "$work/p"
has 'too much work' out
ok "tests of rules run within them"
try_limits() { # NAME LUA COMPLAINT
    echo "limits { $2 }" >"$work/bad.lua"
    code 3 "$USHER" check -c "$work/bad.lua"
    has "bad.lua:1: $3" err
    ok "limits: $1"
}
try_limits 'no time at all' 'decide = { wall_ms = 0 }' 'limits.decide.wall_ms is a whole number from 1 to 60000'
try_limits 'no end' 'build = { instructions = 1 << 40 }' 'limits.build.instructions is a whole number from'
try_limits 'half an instruction' 'read = { instructions = 10000.5 }' 'limits.read.instructions is a whole number from'
try_limits 'more memory than there is' 'load = { heap = 1 << 30 }' 'limits.load.heap is a whole number from'
