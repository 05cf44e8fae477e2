#!/bin/sh
# run-scripts.sh TITLE USHER FOLDER: run every *.sh of a folder in name order
# with USHER set. A script prints "ok NAME" for each check that held, "skip
# NAME" for one that could not run here, and ends non-zero at the first that
# did not hold.
set -u
title=$1 usher=$(readlink -f "$2") folder=$3
passed=0 failed=0 skipped=0
USHER=$usher
BUILD_DIR=$(dirname "$usher")
export USHER BUILD_DIR
for script in "$folder"/*.sh; do
    [ -f "$script" ] || continue
    case $script in */lib.sh) continue ;; esac
    log=$(mktemp)
    timeout "${SCRIPT_LIMIT:-300}" sh "$script" >"$log" 2>&1
    code=$?
    passed=$((passed + $(grep -c '^ok ' "$log")))
    skipped=$((skipped + $(grep -c '^skip ' "$log")))
    if [ $code -ne 0 ]; then
        failed=$((failed + 1))
        echo "== $script (exit $code)"
        tail -n 60 "$log"
    fi
    rm -f "$log"
done
echo "$title: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
