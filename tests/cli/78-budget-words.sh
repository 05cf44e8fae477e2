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
refused 'rate = "30/h", burst = 3, help = "https://help.example"' 'help goes with share, not with rate'
refused 'share = "35%", help = 5' 'help is what customers are told instead of an offer'
refused 'share = "35%", help = {}' 'help = {} says nothing'
refused 'share = "35%", help = { "x" }' 'help = { en = "...", de = "..." }'
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

# An offer takes no token and is no hand-over; only a share that says where help
# is takes its place, and never a hand-over's.
cat >rules/10.lua <<'L'
rule "vague" { when = says { "agent" }, offer = {} }
rule "firm" { when = says { "person" }, final = true, offer = { message = "Shall I?" } }
rule "stuck" { when = says { "stuck" }, escalate = { reason = "stuck", group = "support", next_step = "Answer." } }
budget "tokens" { rate = "1/h", burst = 1 }
budget "share" { share = "50%", sessions = 4, exempt_tiers = { "vip" }, help = { en = "See https://help.example, {customer.name}.", de = "Siehe https://hilfe.example." } }
L
cat >rules/10_test.lua <<'L'
local vague = conversation { customer "agent" }
local busy = { handed_over = 4, conversations = 5 }
local link = { action = "inform", rule = "vague", budget = { name = "share", exceeded = true } }
test "P12 an offer"                { given = vague, expect = { action = "offer", budget = { share = { name = "share" } } } }
test "P12 tokens are not asked"    { given = vague, others = { handed_over = 4, conversations = 9 }, expect = { action = "offer" } }
test "P12 it becomes a link"       { given = vague:with { customer = { name = "Mara" } }, others = busy, expect = { action = "inform", message = "See https://help.example, Mara." } }
test "P12 why"                     { given = vague, others = busy, expect = link }
test "P12 in their language"       { given = vague:with { language = "de" }, others = busy, expect = { message = "Siehe https://hilfe.example." } }
test "P12 who is exempt is asked"  { given = vague:with { tier = "vip" }, others = busy, expect = { action = "offer", budget = absent } }
test "P12 so is who must be"       { given = conversation { customer "a person" }, others = busy, expect = { action = "offer", budget = absent } }
test "P12 a hand-over is an offer" { given = conversation { customer "stuck" }, others = busy, expect = { action = "offer", budget = { name = "share", exceeded = true } } }
L
code 0 "$USHER" test rules
ok 'P12 what is an offer already becomes a link'
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
