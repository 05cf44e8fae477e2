# Shared by the command-line tests.
set -eu
: "${USHER:?run through make test}"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/usher-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
ok() { echo "ok $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
# code WANT COMMAND...: run, output in $work/out and $work/err
code() {
    want=$1; shift
    got=0
    "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
    [ "$got" = "$want" ] || { cat "$work/out" "$work/err" >&2; fail "exit $got, wanted $want: $*"; }
}
has() { grep -qF -- "$1" "$work/$2" || { cat "$work/$2" >&2; fail "$2 lacks: $1"; }; }
