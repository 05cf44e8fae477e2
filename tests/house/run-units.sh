#!/bin/sh
# Run cmocka programs one after the other; say how many tests passed.
set -u
passed=0 failed=0
for program in "$@"; do
    log=$(mktemp)
    "$program" >"$log" 2>&1
    code=$?
    n=$(grep -c '^\[       OK \]' "$log")
    bad=$(grep -c '^\[  FAILED  \] [A-Za-z_0-9]*$' "$log")
    passed=$((passed + n))
    if [ $code -ne 0 ]; then
        [ "$bad" -eq 0 ] && bad=1
        failed=$((failed + bad))
        echo "== $program (exit $code)"
        cat "$log"
    fi
    rm -f "$log"
done
echo "unit tests: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
