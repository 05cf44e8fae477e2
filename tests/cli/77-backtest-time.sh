#!/bin/sh
# usher backtest in time: rules that wait come when their time has run out, as
# `usher decide` lets them; budgets are those of each policy, spent in the order
# of time whoever is done first. N1, N11 (P12, S117), S150
. "$(dirname "$0")/lib.sh"
is() { # NAME HAVE WANT
    [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
    ok "$1"
}
cd "$work" || exit 1

# --- rules that wait ----------------------------------------------------------------
mkdir none short long both
echo '-- nothing' >none/10.lua
cat >short/10.lua <<'L'
rule "stuck" { when = all { says { "stuck" }, none { thanks() } }, wait = "10m",
  escalate = { reason = "stuck", group = "support", next_step = "Answer." } }
L
sed 's/10m/30m/' short/10.lua >long/10.lua
# answered: the customer says thanks after 20 minutes, which ends the wait; told
# twice: the second time begins it anew; silent: nothing comes any more; open
# goes on; untimed nobody knows when.
cat >waits.jsonl <<'J'
{"id":"answered","source":"x","messages":[{"role":"customer","at":"2026-03-02T10:00:00Z","text":"stuck"},{"role":"ai","at":"2026-03-02T10:01:00Z","text":"try this"},{"role":"customer","at":"2026-03-02T10:20:00Z","text":"thanks"}]}
{"id":"told twice","source":"x","messages":[{"role":"customer","at":"2026-03-02T10:00:00Z","text":"stuck"},{"role":"customer","at":"2026-03-02T10:08:00Z","text":"still stuck"},{"role":"ai","at":"2026-03-02T10:30:00Z","text":"try this"}]}
{"id":"silent","source":"x","messages":[{"role":"customer","at":"2026-03-02T10:00:00Z","text":"hello"},{"role":"customer","at":"2026-03-02T10:01:00Z","text":"stuck"}]}
{"id":"open","source":"x","state":"ai_active","messages":[{"role":"customer","at":"2026-03-02T10:00:00Z","text":"stuck"}]}
{"id":"untimed","source":"x","messages":[{"role":"customer","text":"stuck"}]}
J
for policy in short long; do
    "$USHER" decide --policy $policy --json waits.jsonl >decided 2>/dev/null
    code 0 "$USHER" backtest --old none --new $policy --json waits.jsonl
    is "$policy: it decides what decide decides" "$(jq -c '[.changes[] | select(.new.action == "escalate") | [.id, .new.action, .new.rule, .new.at_message]] | sort' out)" "$(jq -sc '[.[] | select(.action == "escalate") | [.id, .action, .rule, .at_message]] | sort' decided)"
done
code 0 "$USHER" backtest --old short --new long --json waits.jsonl
is 'who waits longer is answered meanwhile' "$(jq -c '[.changes[] | select(.kind == "no_longer_handed_over") | .id]' out)" '["answered"]'
is 'a decision after waiting says so' "$(jq -c '[.changes[] | select(.id == "answered") | .old.waited, .old.at_message, .new.waited]' out)" '[true,2,null]'
is 'tickets are counted when the wait was over' "$(jq -c '.tickets.groups[0].hours | .old[10], .new[10]' out | tr '\n' ' ')" '3 2 '
code 0 "$USHER" backtest --old none --new short waits.jsonl
has 'new: escalate by rule "stuck" to support, normal, after waiting behind message 2' out
ok 'and the text too'
cp out first
code 0 "$USHER" backtest --old none --new short --workers 1 waits.jsonl
cmp -s out first || fail 'waits differ on one worker'
ok 'the same bytes on one worker'

# --- waits that are cut short ---------------------------------------------------------
# A wait that the customer's next message ends costs the walk no turn of its own.
# What ends it is said in one of two policies and left unsaid in the other: the
# one takes every turn, the other those that are left, and both decide the same.
mkdir unsaid said looks
cat >unsaid/10.lua <<'L'
local function words(c) return "Still there, " .. c.turn_count .. "?" end
rule "tells" { when = says { "tell them" }, offer = { message = "A colleague?" } }
rule "stuck" { when = all { says { "stuck" }, none { thanks() } }, wait = "10m",
  escalate = { reason = "stuck", group = "support", next_step = "Answer: {first_question}" } }
rule "quiet" { when = none { event "session.ended" }, wait = "7m", offer = { message = words } }
modifier "late" { when = turns(4), change = { tags = { "late" } } }
L
sed 's/reason = "stuck"/cancel_on = { "customer_message", "resolved", "takeover" }, &/; s/offer = { message = words/offer = { cancel_on = { "customer_message", "resolved", "takeover" }, message = words/' unsaid/10.lua >said/10.lua
# Whoever looks at a wait sees it until the message that ends it is decided on.
{ echo 'rule "looks" { when = function(c) return c.waiting ~= nil and c.turn_count > 2 end, escalate = { reason = "looked", next_step = "See." } }'; cat unsaid/10.lua; } >looks/10.lua
[ "$(grep -c cancel_on said/10.lua)" = 2 ] || fail 'the second policy is not spelled out'
awk 'BEGIN { srand(77); split("stuck|hello there|and my parcel|thanks, that is it|tell them|what now", text, "|")
    split("customer customer customer ai ai human_agent", role, " ")
    for (i = 0; i < 600; i++) { m = 0; timed = rand() < 0.9; n = 1 + int(rand() * 8)
        printf "{\"id\":\"w-%03d\",\"source\":\"x\",%s\"messages\":[", i, rand() < 0.3 ? "\"state\":\"ai_active\"," : ""
        for (k = 0; k < n; k++) { m += int(rand() * rand() * 25)
            printf "%s{\"role\":\"%s\",%s\"text\":\"%s\"}", k ? "," : "", k ? role[1 + int(rand() * 6)] : "customer",
                timed ? sprintf("\"at\":\"2026-03-02T%02d:%02d:00Z\",", 8 + int(m / 60), m % 60) : "", text[1 + int(rand() * 6)] }
        print "]}" } }' >gaps.jsonl
code 0 "$USHER" backtest --old unsaid --new said --json gaps.jsonl
is 'N1 waits that are cut short change nothing but what is said of them' "$(jq -c '[.conversations, ([.changes[].kind] | unique)]' out)" '[600,["details"]]'
for policy in unsaid looks; do
    "$USHER" decide --policy $policy --json gaps.jsonl >decided 2>/dev/null
    code 0 "$USHER" backtest --old none --new $policy --json gaps.jsonl
    jq -c '[.changes[] | [.id, .new.action, .new.rule, .new.at_message]] | sort | .[]' out >walked
    jq -sc '[.[] | select(.action != "keep") | [.id, .action, .rule, .at_message]] | sort | .[]' decided >alone
    cmp -s walked alone || fail "$policy: decide decides otherwise: $(diff walked alone | head -n 4)"
    ok "$policy: decide decides the same"
done
[ "$(jq '[.changes[].new.rule] | unique | length' out)" -ge 3 ] || fail 'too few rules decided'
cp decided looked
"$USHER" decide --policy unsaid --json gaps.jsonl >decided 2>/dev/null
! cmp -s decided looked || fail 'nobody looked at a wait'

# --- tokens ----------------------------------------------------------------------------
# A conversation every six minutes from 08:00 on, ten an hour; written in
# another order than they came.
mkdir tight loose held
cat >loose/10.lua <<'L'
rule "stuck" { when = says { "stuck" }, escalate = { reason = "stuck", group = "support", next_step = "Answer." } }
rule "a person" { when = asks_for_human(), escalate = { reason = "customer_request", group = "support", next_step = "Answer." } }
L
{ cat loose/10.lua; echo 'budget "support" { groups = { "support" }, rate = "4/h", burst = 2 }'; } >tight/10.lua
{ cat loose/10.lua; echo 'budget "support" { groups = { "support" }, rate = "4/h", burst = 2, otherwise = "wait", wait = "40m" }'; } >held/10.lua
awk 'BEGIN { for (k = 0; k < 30; k++) { i = (k * 7) % 30; m = i * 6; at = sprintf("2026-03-02T%02d:%02d:00Z", 8 + int(m / 60), m % 60)
    printf "{\"id\":\"c-%02d\",\"source\":\"x\",\"started_at\":\"%s\",\"messages\":[{\"role\":\"customer\",\"at\":\"%s\",\"text\":\"%s\"}]}\n", i, at, at, i % 10 == 9 ? "I want to talk to a human" : "I am stuck" } }' >surge.jsonl
# The same by hand: who asks for a person takes nothing.
awk 'BEGIN { level = 2; last = 0
    for (i = 0; i < 30; i++) { level += (i - last) * 6 * 4 / 60; last = i; if (level > 2) level = 2
        if (i % 10 == 9) continue
        if (level >= 1 - 1e-6) level--; else printf "c-%02d\n", i } }' >held_back
code 0 "$USHER" backtest --old loose --new tight --json surge.jsonl
is 'P12 exactly those for whom there is no token are held back' "$(jq -r '.changes[].id' out | sort | tr '\n' ' ')" "$(tr '\n' ' ' <held_back)"
is 'S117 each is offered another way' "$(jq -c '[.changes[].new.action] | unique' out)" '["offer"]'
held_count=$(wc -l <held_back | tr -d ' ')
is 'N11 the use of the budget' "$(jq -c '.budgets[] | [.budget, .given.old, .given.new, .held_back.old, .held_back.new, (.fewest_left.new < 1)]' out)" "[\"support\",0,$((27 - held_count)),0,$held_count,true]"
cp out one
for workers in 1 2; do
    code 0 "$USHER" backtest --old loose --new tight --json --html "page$workers.html" --workers $workers surge.jsonl
    cmp -s out one || fail "differs on $workers workers"
done
cmp -s page1.html page2.html || fail 'the HTML differs'
sort surge.jsonl >sorted.jsonl
code 0 "$USHER" backtest --old loose --new tight --json sorted.jsonl
is 'the order of the input decides nothing' "$(jq -c '[.changed, .budgets, ([.changes[].id] | sort)]' out)" "$(jq -c '[.changed, .budgets, ([.changes[].id] | sort)]' one)"
xmllint --noout page1.html || fail 'the HTML is not well-formed'
grep -q '<h2>Budgets</h2>' page1.html || fail 'no budgets in the HTML'
code 0 "$USHER" backtest --old loose --new tight surge.jsonl
has 'held back, old' out
has ', held back by budget "support", at message 1' out
ok 'N1 the same bytes on one worker and on two, and told in all three forms'
is 'why: the rule matches, the budget says no' "$(jq -c '[.changes[0].why.rules[0] | .rule, .old.status, .new.status]' one)" '["stuck","decided","decided"]'

# --- held back, and asked again later -----------------------------------------------------
code 0 "$USHER" backtest --old loose --new held --json surge.jsonl
cp out later
is 'nobody who waits for a token is lost: all are handed over in the end' "$(jq -c '[.handed_over.new, ([.changes[] | select(.new.waited) | .new.action] | unique)]' out)" '[30,["escalate"]]'
is 'given and held back: every claim is one of both' "$(jq -c '.budgets[0] | (.given.new + .held_back.new) > 27' out)" true
cp out one
code 0 "$USHER" backtest --old loose --new held --json --workers 1 surge.jsonl
cmp -s out one || fail 'waiting for tokens differs on one worker'
ok 'N1 rounds that depend on each other give the same bytes'
jq -sc . surge.jsonl >surge.json
code 0 "$USHER" backtest --old loose --new held --json surge.json
cmp -s out one || fail 'an array of conversations differs from lines'
ok 'the same conversations as one array, which wait without a text of their own'
code 0 "$USHER" backtest --old held --new held --json surge.jsonl
is 'the same policy on both sides changes nothing' "$(jq -c '[.policies.same, .changed.all, .budgets[0].given.old == .budgets[0].given.new]' out)" '[true,0,true]'
jq '.budgets' out >same
{ cat held/10.lua; echo '-- other'; } >both/10.lua
code 0 "$USHER" backtest --old held --new both --json surge.jsonl
is 'nor does another text: each has its own budget' "$(jq -c '[.changed.all, (.budgets[0] | .given.old == .given.new)]' out)" '[0,true]'
jq '.budgets' out | cmp -s - same || fail 'two policies spend otherwise than one'
ok 'and it is the same as asked once'

# --- a share ---------------------------------------------------------------------------------
# 30 conversations of three hours, 20 of the last two: 27 hand over.
mkdir share
{ cat loose/10.lua; echo 'budget "a third" { share = "35%", sessions = 8, within = "2h" }'; } >share/10.lua
awk 'BEGIN { handed = 0; for (i = 0; i < 30; i++) { begun = i + 1 < 20 ? i + 1 : 20; n = 0
        for (j = (i - 19 > 0 ? i - 19 : 0); j < i; j++) n += took[j]
        took[i] = i % 10 == 9 || begun < 8 || n * 100 <= 35 * begun
        if (!took[i]) printf "c-%02d\n", i } }' >held_back
code 0 "$USHER" backtest --old loose --new share --json surge.jsonl
is 'P12 a share: those who would be too many are held back' "$(jq -r '.changes[].id' out | sort | tr '\n' ' ')" "$(tr '\n' ' ' <held_back)"
is 'P12 and how much it was at most' "$(jq '.budgets[0] | .most_percent.new > 35' out)" true
# Every third is only offered one: that is no hand-over, and becomes a link.
mkdir offers links
vague='rule "vague" { when = says { "agent" }, offer = {} }'
{ cat loose/10.lua; echo "$vague"; echo 'budget "a third" { share = "35%", sessions = 8, within = "2h" }'; } >offers/10.lua
{ cat loose/10.lua; echo "$vague"; echo 'budget "a third" { share = "35%", sessions = 8, within = "2h", help = "See https://help.example" }'; } >links/10.lua
awk 'BEGIN { for (i = 0; i < 30; i++) { m = i * 6; at = sprintf("2026-03-02T%02d:%02d:00Z", 8 + int(m / 60), m % 60)
    printf "{\"id\":\"c-%02d\",\"source\":\"x\",\"started_at\":\"%s\",\"messages\":[{\"role\":\"customer\",\"at\":\"%s\",\"text\":\"%s\"}]}\n", i, at, at, i % 3 == 0 ? "agent" : "I am stuck" } }' >vague.jsonl
awk 'BEGIN { for (i = 0; i < 30; i++) { begun = i + 1 < 20 ? i + 1 : 20; n = 0
        for (j = (i - 19 > 0 ? i - 19 : 0); j < i; j++) n += took[j]
        over = begun >= 8 && n * 100 > 35 * begun
        if (i % 3) took[i] = !over; else if (over) printf "c-%02d\n", i } }' >linked
[ -s linked ] || fail 'no offer is too many'
code 0 "$USHER" backtest --old offers --new links --json vague.jsonl
is 'P12 what is an offer already becomes a link, and counts as no hand-over' "$(jq -r '.changes[] | [.id, .old.action, .new.action] | join(" ")' out | sort | tr '\n' ' ')" "$(sed 's/$/ offer inform/' linked | tr '\n' ' ')"

# --- hours are those of the calendar ------------------------------------------------------------
cat >usher.conf.lua <<'L'
policy "loose"
groups { support = { calendar = "office" } }
default_group "support"
calendar "office" { zone = "Asia/Tokyo", weekly = { mon = { { "09:00", "18:00" } } } }
L
code 0 "$USHER" backtest -c usher.conf.lua --new none --json surge.jsonl
is 'S150 hours and days are those of the calendar, and it says so' "$(jq -c '.tickets | [.zone, .first_day, .groups[0].hours.old[17], .groups[0].hours.old[8]]' out)" '["Asia/Tokyo","2026-03-02",10,0]'
code 0 "$USHER" backtest -c usher.conf.lua --new none surge.jsonl
has 'tickets by hour of day in Asia/Tokyo' out
rm usher.conf.lua
code 0 "$USHER" backtest --old loose --new none --json surge.jsonl
is 'else UTC' "$(jq -c '.tickets | [.zone, .groups[0].hours.old[8]]' out)" '["UTC",10]'
