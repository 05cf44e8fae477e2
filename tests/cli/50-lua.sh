# The adapters' own tests, under a plain Lua.
. "$(dirname "$0")/lib.sh"
code 0 lua5.4 "$root/tests/lua/adapters_spec.lua"
grep -qE '^adapters: [0-9]+ passed, 0 failed' "$work/out" || { tail -5 "$work/out" >&2; fail "adapters"; }
ok "$(tail -1 "$work/out")"
code 0 "$USHER" test "$root/rules/starter"; ok "S2 S60-S67 S76-S78 starter policy: $(tail -1 "$work/err")"
