#!/bin/sh
# A budget's words: what is no budget is refused with file, line and remedy; what
# the others of a test may be. N11 (P12)
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
mkdir rules
refused() { # BUDGET WHAT IT SAYS
    printf 'budget "b" { %s }\n' "$1" >rules/10.lua
    code 3 "$USHER" decide --policy rules /dev/null
    has "rules/10.lua:1: $2" err
    ok "refused: $1"
}
refused 'share = "35"' "share is written \"35%\", not '35'"
refused 'share = "0%"' 'share is written'
refused 'share = "100%"' 'share is written'
refused 'share = "35%", rate = "30/h", burst = 3' 'a budget has a rate with a burst, or a share, not both'
refused 'rate = "30/h", burst = 3, sessions = 50' 'sessions goes with share, not with rate'
refused 'rate = "30/h", burst = 3, within = "1h"' 'within goes with share, not with rate'
refused 'share = "35%", sessions = 0' 'sessions needs a whole number from 1 on'
refused 'share = "35%", within = "2d"' 'within is "1m" to "24h"'
refused 'share = "35%", otherwise = "wait"' 'otherwise = "wait" needs wait'
refused 'share = "35%", session = 50' 'budget "b" has no'
refused 'rate = "30/h"' 'burst is how many at once'

cat >rules/10.lua <<'L'
rule "stuck" { when = says { "stuck" }, escalate = { reason = "stuck", group = "support", next_step = "Answer." } }
budget "first"  { groups = { "billing" }, rate = "1/h", burst = 1 }
budget "tokens" { groups = { "support" }, rate = "4/h", burst = 4 }
budget "later"  { rate = "1/h", burst = 1 }
budget "wide"   { share = "50%", sessions = 4 }
L
cat >rules/10_test.lua <<'L'
local stuck = conversation { customer "I am stuck" }
local function held(name) return { action = "offer", budget = { name = name, exceeded = true } } end
test "nobody else came"             { given = stuck, expect = { action = "escalate" } }
test "the first that covers counts" { given = stuck, others = { handed_over = 3, conversations = 99 }, expect = { action = "escalate" } }
test "tokens"                       { given = stuck, others = { handed_over = 4, conversations = 99 }, expect = held "tokens" }
test "the share is asked before"    { given = stuck, others = { handed_over = 4, conversations = 6 }, expect = held "wide" }
test "half is not more than half"   { given = stuck, others = { handed_over = 3, conversations = 5 }, expect = { action = "escalate" } }
L
code 0 "$USHER" test rules
ok 'budgets of a policy, in their order'
bad() { # OTHERS WHAT IT SAYS
    printf 'test "t" { given = conversation { customer "x" }, others = %s, expect = "nothing" }\n' "$1" >rules/10_test.lua
    "$USHER" test rules >out 2>err && fail "taken: $1"
    has "$2" err
    ok "refused: others = $1"
}
bad '{ handed = 4 }' "others has no 'handed'"
bad '{ handed_over = -1 }' 'handed_over needs a whole number from 0 on'
bad '{ handed_over = 5, conversations = 4 }' 'conversations needs a whole number from 5 on'
bad '{ handed_over = 5, from = "10:00" }' 'from with to'
bad '{ handed_over = 5, from = "11:00", to = "10:00" }' 'lies before'
bad '{ handed_over = 1000000 }' '100,000 at most'
