# docs/policy-guide.md is done as it stands: its files are written, its commands
# run, and each says what the guide says it does.
# (UPDATE=1 USHER=build/usher sh tests/cli/80-guide.sh writes what they say.)
. "$(dirname "$0")/lib.sh"
unset NO_COLOR
mkdir "$work/guide"
ln -s "$root/examples" "$work/guide/examples"
perl "$root/tests/cli/guide.pl" "$root/docs/policy-guide.md" "$work/guide" "$(dirname "$USHER")" ${UPDATE:+update} \
    >"$work/count" || fail "docs/policy-guide.md tells of another usher"
[ -z "${UPDATE:-}" ] || { cat "$work/count"; exit 0; }
ok "docs/policy-guide.md: $(cat "$work/count") commands say what it says"

# The check sees a difference.
guide() { printf '```console\n$ echo one; echo two\n%s\n```\n' "$1" >"$work/g.md"
    perl "$root/tests/cli/guide.pl" "$work/g.md" "$work/guide" /usr/bin >/dev/null 2>&1; }
guide 'one
two' || fail "the same is said to differ"
guide 'one
...' || fail "... does not stand for lines"
guide 'o…
two' || fail "… does not stand for anything"
guide 'one' && fail "a missing line is not seen"
guide 'one
tow' && fail "another word is not seen"
ok "a guide that is wrong is found"
