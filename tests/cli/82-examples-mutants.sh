# The tests of every policy that comes with usher notice its mutants: fewer than
# one in twenty lives. S145 N23
. "$(dirname "$0")/lib.sh"
# noticed NAME ARGUMENT...: usher test --mutate with these
noticed() {
    name=$1; shift
    code 0 "$USHER" test --mutate --min 96 --seconds 240 "$@"
    ! grep -q 'could not be tried' "$work/out" || fail "$name: $(tail -n 1 "$work/out")"
    ok "$name: $(sed -n 's/^mutation: //p' "$work/out")"
}
for dir in rules/starter rules/shop rules/saas examples/policies/beginner examples/policies/shop examples/policies/saas; do
    noticed $dir "$root/$dir"
done
# Five hundred mutants and their tests are too many for a sanitizer, which looks
# for mistakes of C and not of policies.
! grep -q __asan_init "$USHER" || { echo 'skip examples/policies/full under a sanitizer'; exit 0; }
cp -r "$root/examples/policies/full" "$root/examples/policies/full.conf.lua" "$work"
cp "$root"/tests/policies/full/*_test.lua "$work/full"
noticed examples/policies/full -c "$work/full.conf.lua" "$work/full"
# The one that lives is equal in meaning: of the tiers without a rule of their own
# before it the configuration promises something to "standard" alone, and without
# a promise a rule of timing = "sla" does not match.
lives=$(sed -n 's/.*no test notices: //p' "$work/out")
[ "$lives" = 'in all: tier { "standard" } was dropped (rule "a human in time: standard")' ] || fail "other mutants live: $lives"
ok 'examples/policies/full: what lives means the same'
