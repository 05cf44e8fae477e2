#!/bin/sh
# usher backtest: what would change with other rules. N1 S182 S183
. "$(dirname "$0")/lib.sh"
is() { # NAME HAVE WANT
    [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
    ok "$1"
}

# --- ten thousand conversations, 137 of them between two thresholds ----------------------
# The rule asks for 50,000 at least, the new one for 60,000. Every 73rd of the
# first 10,001 lies between (0, 73 ... 9,928: 137 of them), the others far off.
awk 'BEGIN {
    srand(7)
    for (i = 0; i < 10000; i++) {
        planted = i % 73 == 0
        value = planted ? 50000 + i : (rand() < 0.3 ? 60000 + int(rand() * 40000) : int(rand() * 50000))
        when = sprintf("2026-03-%02dT%02d:%02d:00Z", 1 + i % 28, i % 24, i % 60)
        printf "{\"id\":\"c-%05d\",\"source\":\"web\",\"started_at\":\"%s\",\"fields\":{\"order_value_minor\":%d},\"labels\":{\"escalate\":%s},\"outcome\":\"resolved\",\"messages\":[", i, when, value, (value >= 60000) ? "true" : "false"
        for (k = 0; k < 6; k++)
            printf "%s{\"role\":\"%s\",\"at\":\"%s\",\"text\":\"%s\"}", k ? "," : "", k % 2 ? "ai" : "customer", when, k % 2 ? "It is on its way." : (k == 2 ? "I want my money back" : "Where is my order?")
        print "]}"
    }
}' >"$work/many.jsonl"
awk 'BEGIN { for (i = 0; i < 10000; i += 73) printf "c-%05d\n", i }' >"$work/planted"
is 'planted' "$(wc -l <"$work/planted")" 137
mkdir "$work/old" "$work/new"
cat >"$work/old/10.lua" <<'L'
rule "large refund" {
  when = all { says "money back", field "order_value_minor" :at_least(50000) },
  escalate = { reason = "refund", group = "billing", next_step = "Approve or decline." },
}
rule "still here at the end" {
  when = all { event "session.ended", turns(9) },
  escalate = { reason = "ai_unresolved", next_step = "Answer." },
}
L
sed 's/50000/60000/' "$work/old/10.lua" >"$work/new/10.lua"
cd "$work" || exit 1

code 0 "$USHER" backtest --old old --new new --json --html one.html many.jsonl
cp out one.json
jq -r '.changes[].id' one.json | sort >listed
cmp -s listed planted || fail "listed are others than planted: $(diff listed planted | head -5)"
ok 'N1 exactly the planted conversations are listed'
is 'N1 as no longer handed over, and nothing else' "$(jq -c '.changed' one.json)" '{"all":137,"percent":1.37,"newly_handed_over":0,"no_longer_handed_over":137,"moved":0,"other_action":0,"details":0}'
is 'the table of actions' "$(jq -c '.tables.action[0]' one.json)" '{"old":"escalate","new":"keep","count":137}'
is 'decided when the customer said it, seen no later' "$(jq -c '[.changes[].old.at_message] | unique' one.json)" '[3]'
is 'why: the condition on both sides' "$(jq -c '.changes[0].why.rules[0] | [.rule, .old.status, .old.condition.threshold, .new.status, .new.condition.threshold, .new.condition.distance]' one.json)" '["large refund","decided",50000,"no match",60000,10000]'
is 'explained are the first twenty' "$(jq '[.changes[] | select(.why)] | length' one.json)" 20
is 'tickets: all of billing' "$(jq -c '.tickets | [.days, .first_day, .last_day, .groups[0].group, (.groups[0].tickets.old - .groups[0].tickets.new), ([.groups[0].hours.old[]] | add) == .groups[0].tickets.old, ([.by_day[].tickets.new] | add) == .groups[0].tickets.new]' one.json)" '[28,"2026-03-01","2026-03-28","billing",137,true,true]'
is 'against the label the new rule is right, and the old one wrong 137 times' "$(jq -c '.labels | [.label, .labelled, .old.wrong, .new.precision, .new.recall, .rules[0].wrong.old]' one.json)" '["escalate",10000,137,1,1,137]'

# --- the same bytes --------------------------------------------------------------------------
code 0 "$USHER" backtest --old old --new new --json --html two.html --workers 1 many.jsonl
cmp -s out one.json || fail 'JSON differs on one worker'
cmp -s one.html two.html || fail 'HTML differs on one worker'
mkdir -p elsewhere/deep
cp -r old elsewhere/deep/was
cp -r new elsewhere/deep/is
code 0 "$USHER" backtest --old elsewhere/deep/was --new "$work/elsewhere/deep/is" --json --html two.html --workers 2 "$work/many.jsonl"
cmp -s out one.json || fail 'JSON differs from another folder'
cmp -s one.html two.html || fail 'HTML differs from another folder'
grep -qF "$work" one.json one.html && fail 'a path of the machine is in it'
ok 'N1 the same bytes again, on one worker and on two, and from another folder'

# --- workers go first ------------------------------------------------------------------------
# Field 41 of stat is how a process is scheduled: 3 is as a batch, 0 as usual.
policy_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 39; }
mkfifo line
"$USHER" backtest --old old --new new --workers 1 - <line >/dev/null 2>&1 &
backtest=$!
exec 9>line
tries=0
until [ "$(policy_of $backtest)" = 3 ] || [ $tries = 600 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
is 'it lets its workers go on before it takes their answers' "$(policy_of $backtest)" 3
zygote=$(cat "/proc/$backtest/task/$backtest/children")
for worker in $(cat "/proc/${zygote% }/task/${zygote% }/children"); do
    is 'a worker runs as usual' "$(policy_of "$worker")" 0
done
head -n 1 many.jsonl >&9
exec 9>&-
wait $backtest || fail 'the back-test from a pipe failed'

# --- the page ----------------------------------------------------------------------------------
xmllint --noout one.html || fail 'the HTML is not well-formed'
grep -qiE 'https?://|src=|href=|url\(|@import|<script|<link|<iframe' one.html && fail 'the HTML needs something else'
grep -q '<svg' one.html || fail 'no chart'
grep -q 'prefers-color-scheme:dark' one.html || fail 'no dark form'
ok 'the page is whole: no script, nothing from elsewhere'

# --- limits ---------------------------------------------------------------------------------------
small() { head -n 1000 many.jsonl; }
small >small.jsonl # 14 of the planted
code 0 "$USHER" backtest --old old --new new --max-changed 2% --max-lost-escalations 14 --max-new-escalations 0 small.jsonl
has 'limits' out; has '--max-changed 2%: 1.40 %, kept' out
ok 'limits that are kept'
code 1 "$USHER" backtest --old old --new new --max-changed 1% small.jsonl
has 'usher backtest: --max-changed 1% is exceeded: 1.40 %' err
code 1 "$USHER" backtest --old old --new new --max-lost-escalations 13 small.jsonl
has '--max-lost-escalations 13 is exceeded: 14' err
code 1 "$USHER" backtest --old new --new old --max-new-escalations 13 --max-lost-escalations 0 small.jsonl
has '--max-new-escalations 13 is exceeded: 14' err
ok 'a limit that is exceeded is named, exit 1'
for bad in many 2%% -1 1e99 ''; do
    code 2 "$USHER" backtest --old old --new new --max-changed "$bad" small.jsonl
done
ok 'what is no limit is refused'

# --- the same rules -----------------------------------------------------------------------------------
code 0 "$USHER" backtest --old old --new elsewhere/deep/was --json small.jsonl
is 'the same rules elsewhere are the same rules' "$(jq -c '[.policies.same, .changed.all, .handed_over.old == .handed_over.new]' out)" '[true,0,true]'
echo '-- a remark' >>elsewhere/deep/was/10.lua
code 0 "$USHER" backtest --old old --new elsewhere/deep/was --json small.jsonl
is 'other texts that decide the same' "$(jq -c '[.policies.same, .changed.all]' out)" '[false,0]'

# --- as decide does -----------------------------------------------------------------------------------
cat >kinds.jsonl <<'J'
{"id":"late","source":"x","messages":[{"role":"customer","text":"hello"},{"role":"ai","text":"hi"},{"role":"customer","text":"a human please, I want to talk to a human"},{"role":"customer","text":"my lawyer"}]}
{"id":"quiet","source":"x","messages":[{"role":"customer","text":"Thanks, all good"}]}
{"id":"empty","source":"x","messages":[]}
{"id":"only the ai","source":"x","messages":[{"role":"ai","text":"hello"}]}
{"id":"running","source":"x","state":"ai_active","messages":[{"role":"customer","text":"hello"}]}
J
"$USHER" decide --policy "$root/rules/starter" --json kinds.jsonl >decided 2>/dev/null
printf '%s\n' '-- nothing' >none.lua
mkdir none && mv none.lua none/
code 0 "$USHER" backtest --old none --new "$root/rules/starter" --json kinds.jsonl
is 'it decides what decide decides' "$(jq -c '.changes[] | [.id, .new.action, .new.rule, .new.at_message]' out)" "$(jq -c 'select(.action != "keep") | [.id, .action, .rule, .at_message]' decided)"
is 'and counts all' "$(jq .conversations out)" 5

# --- what changes in what ---------------------------------------------------------------------------------
mkdir moved words
sed 's/group = "billing"/group = "legal", priority = "urgent"/' old/10.lua >moved/10.lua
sed 's/Approve or decline/Look and decide/' old/10.lua >words/10.lua
code 0 "$USHER" backtest --old old --new moved --json small.jsonl
is 'moved to another group and priority' "$(jq -c '[.changed.moved == .changed.all, .changed.all == .handed_over.old, .tables.group[0].old, .tables.group[0].new, .tables.priority[0].new]' out)" '[true,true,"billing","legal","urgent"]'
# Tags and urgency: old 14 more tickets of the same tag, and none urgent.
mkdir tagged
sed 's/group = "billing"/group = "billing", tags = { "refund", "refund" }, priority = "urgent"/' new/10.lua >tagged/10.lua
code 0 "$USHER" backtest --old old --new tagged --json --html tags.html small.jsonl
is 'S182 tickets by tag' "$(jq -c '(.handed_over | [.old, .new]) as $all | [(.tags[] | select(.tag == "refund") | .tickets), (.tags[] | select(.tag == "reason:refund") | [.tickets.old, .tickets.new] == $all)]' out)" \
    "$(jq -c '[{old: 0, new: .handed_over.new}, true]' out)"
is 'S183 every new hand-over is urgent, which is too many' "$(jq -c '[.urgent.tickets.old, .urgent.tickets.new == .handed_over.new, .urgent.too_many]' out)" '[0,true,true]'
grep -q '<td>refund</td>' tags.html && grep -q '100.00 % of the new hand-overs are urgent' tags.html || fail 'S182 S183 the page'
! grep -q '<td>ai-handoff</td>' tags.html || fail 'S182 a tag that every ticket bears tells nothing'
xmllint --noout tags.html || fail 'the HTML is not well-formed'
code 0 "$USHER" backtest --old old --new tagged small.jsonl
grep -qE '^  refund +0 +[1-9]' out || fail 'S182 tags in the text'
has 'more than 5 %, keep it for danger' out
# One in twenty is not too many; one of nineteen is too few to say.
urgent_of() { # ALL URGENT
    awk -v all="$1" -v urgent="$2" 'BEGIN { for (i = 0; i < all; i++)
        printf "{\"id\":\"u%d\",\"messages\":[{\"role\":\"customer\",\"text\":\"%s\"}]}\n", i, i < urgent ? "it burns" : "it stinks" }' >urgent.jsonl
    code 0 "$USHER" backtest --old old --new burns --json urgent.jsonl
    jq .urgent.too_many out
}
mkdir burns
printf 'rule "%s" { when = says "it %s", escalate = { reason = "%s", priority = "%s", next_step = "Reply." } }\n' \
    burns burns burns urgent stinks stinks stinks normal >burns/10.lua
is 'S183 one in twenty, two of thirty-nine, one of nineteen' "$(urgent_of 20 1) $(urgent_of 39 2) $(urgent_of 19 1)" 'false true false'
code 0 "$USHER" backtest --old old --new words --json small.jsonl
is 'only its words' "$(jq -c '[.changed.details == .changed.all, .changes[0].details]' out)" '[true,"next_step"]'

# --- what cannot be read, and rules that fail --------------------------------------------------------------
{ head -n 3 many.jsonl; echo 'not json'; echo '[]'; echo '{"id":"x","messages":[{"role":"nobody","text":""}]}'; tail -n 2 many.jsonl; } >broken.jsonl
code 5 "$USHER" backtest --old old --new new --json broken.jsonl "$work/missing.jsonl"
is 'the readable are counted' "$(jq -c '[.conversations, .unreadable.count]' out)" '[5,4]'
is 'the unreadable are named, without folders' "$(jq -c '[.unreadable.named[].place]' out)" '["broken.jsonl:4","broken.jsonl:5","broken.jsonl:6","missing.jsonl"]'
grep -qF "$work" out && fail 'a path of the machine is in it'
mkdir bad
cat >bad/10.lua <<'L'
rule "one of the first" { when = function(c) if c.id == "c-00003" then error("cannot know") end return false end,
  escalate = { reason = "x", next_step = "y" } }
rule "endless" { when = function(c) while c.id == "c-00005" and c.message_count > 3 do end return false end,
  escalate = { reason = "x", next_step = "y" } }
rule "wall" { when = function(c) if c.id == "c-00007" and c.message_count > 3 then for i = 1, 1e9 do end end return false end,
  escalate = { reason = "x", next_step = "y" } }
L
head -n 12 many.jsonl >dozen.jsonl
code 0 "$USHER" backtest --old none --new bad --json dozen.jsonl
is 'rules that fail: which, how often, where first' "$(jq -c '[.failures[] | [.policy, .count, .first]] | sort' out)" '[["new",1,"c-00003"],["new",1,"c-00005"],["new",1,"c-00007"]]'
is 'a failure is handed to a human at its own moment' "$(jq -c '[.changes[] | [.id, .new.failed, .new.action, .new.at_message]] | sort' out)" '[["c-00003",true,"escalate",1],["c-00005",true,"escalate",5],["c-00007",true,"escalate",5]]'
has 'rules/10.lua:1: cannot know' out
cp out first
code 0 "$USHER" backtest --old none --new bad --json --workers 1 dozen.jsonl
cmp -s out first || fail 'failures differ on one worker'
ok 'and again the same'
# The wall limit takes the worker with it, and with that the word of where in
# the conversation it was: it is asked again message by message.
mkdir wall
cat >wall/10.lua <<'L'
local body = ("a"):rep(250000)
rule "wall" { when = function(c)
    local x, y, n = body .. "x", body .. "y", 0
    while c.id == "c-00004" and c.message_count > 3 do if x < y then n = n + 1 end end
    return false
  end, escalate = { reason = "x", next_step = "y" } }
L
code 0 "$USHER" backtest --old none --new wall --json dozen.jsonl
is 'a worker that is lost: the moment is found' "$(jq -c '[.changed.all, (.failures[0] | .count, .first, (.failure | startswith("wall:"))), (.changes[0] | .new.failed, .new.at_message)]' out)" '[1,1,"c-00004",true,true,5]'
mkdir broken
echo 'rule "x" {' >broken/10.lua
code 3 "$USHER" backtest --old old --new broken dozen.jsonl
has 'usher backtest: new: rules/10.lua:' err
code 3 "$USHER" backtest --old old --new nowhere dozen.jsonl
has 'nowhere' err
ok 'a policy that does not load'

# --- what takes longer to explain than to decide ------------------------------------------------------
mkdir heavy
cat >heavy/10.lua <<'L'
rule "thinks long" {
  when = function(c)
    local n = 0
    for i = 1, 170000 do n = n + i end
    return #c.messages > 2 and c.fields.order_value_minor >= 50000
  end,
  escalate = { reason = "refund", group = "legal", next_step = "Approve or decline." },
}
L
code 0 "$USHER" backtest --old old --new heavy --json dozen.jsonl
is 'it decides' "$(jq -c '[.changes[].new.rule] | unique' out)" '["thinks long"]'
is 'and that it cannot be told why is told' "$(jq -c '[.changes[].why.rules[-1].new | select(.status == "not explained") | .failure | test("^budget: .*10.lua:4: ")] | unique' out)" '[true]'
code 0 "$USHER" backtest --old old --new heavy dozen.jsonl
has 'new: not explained (budget: ' out

# --- options --------------------------------------------------------------------------------------------------
code 2 "$USHER" backtest --old old dozen.jsonl
code 2 "$USHER" backtest --old old --new new
has 'which conversations?' err
code 2 "$USHER" backtest --new new dozen.jsonl
has 'the old policy?' err
code 2 "$USHER" backtest --old old --new new --since soon
has '--since is a time back from now' err
code 2 "$USHER" backtest --old old --new new --since 1d dozen.jsonl
code 4 "$USHER" backtest --old old --new new --socket "$work/none.sock"
code 4 "$USHER" backtest --old old --new new --store "$work/none.db"
code 2 "$USHER" backtest --old old --new new --workers 0 dozen.jsonl
code 2 "$USHER" backtest --old old --new new --top 9999 dozen.jsonl
ok 'what is missing or too much is said'
code 0 "$USHER" backtest --old old --new new --top 0 --json small.jsonl
is 'none explained' "$(jq '[.changes[] | select(.why)] | length' out)" 0
code 0 "$USHER" backtest --old old --new new --label nothing --json small.jsonl
is 'a label that is not there' "$(jq '.labels' out)" null
cat >usher.conf.lua <<'L'
policy "old"
groups { "support", "billing" }
default_group "support"
L
code 0 "$USHER" backtest --new new --json small.jsonl
is 'the old rules are those of the configuration' "$(jq .changed.no_longer_handed_over out)" 14
code 3 "$USHER" backtest --new moved small.jsonl
has "group 'legal' is not in groups" err
ok 'and so are the groups'
