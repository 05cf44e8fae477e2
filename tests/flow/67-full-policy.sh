#!/bin/sh
# The sixteen policies in a running engine: what no single moment shows. The
# budget (P12), one ticket for one hand-over, offers once, and P10's and P16's
# rows that need a ticket.
. "$(dirname "$0")/lib.sh"
start_vendor
cp -r "$root/examples/policies/full" "$home/rules"
rm "$home/rules"/*_test.lua "$home/rules"/*.json
configure
sed -i "s#^policy .*#policy \"$home/rules\"#; /^groups/d; /^default_group/d" "$home/usher.conf.lua"
echo 'notifier "on_call" { adapter = "webhook", url = "http://127.0.0.1:'"$port_a"'/pager", allow_private = true, allow_plain = true, on_request = true, at_once = true }
notifier "finance_lead" { adapter = "webhook", url = "http://127.0.0.1:'"$port_a"'/finance", allow_private = true, allow_plain = true, on_request = true }
notifier "operations" { adapter = "webhook", url = "http://127.0.0.1:'"$port_a"'/operations", allow_private = true, allow_plain = true, on_request = true }' >>"$home/usher.conf.lua"
catcher team http "$port_a"
sed -n '/^-- Lunch/,$p' "$root/examples/policies/full.conf.lua" >>"$home/usher.conf.lua"
start_engine
say() { # CONVERSATION TEXT
    count=$((${count:-0} + 1))
    send "s-$count" "$(message "$1" "$2" $count)"
    [ "$status" = 202 ] || fail "$1: $status $(cat "$home/answer")"
}
last() { # CONVERSATION JQ
    stored "SELECT outcome FROM decision WHERE conv = 'web:$1' ORDER BY n DESC LIMIT 1" | jq -r "$2"
}
tickets() { stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:$1'"; }
angry='NEVER AGAIN, YOU IDIOTS!!! I AM LEAVING YOU FOR GOOD'

# P12: eleven angry customers at once; the eleventh is offered a place.
for n in 1 2 3 4 5 6 7 8 9 10 11; do say "p12-$n" "$angry"; done
quiet
is 'P12 ten at once, the eleventh becomes an offer' \
    "$(stored "SELECT group_concat(action || ' ' || n, ',') FROM (SELECT action, count(*) AS n FROM decision WHERE conv LIKE 'web:p12-%' GROUP BY action ORDER BY action)")" \
    'escalate 10,offer 1'
is 'P12 ten tickets' "$(tickets 'p12-%')" 10
is 'P12 the customer always gets a message' "$(ledger 'select(.kind == "usher.reply") | .id' | grep -c 'p12-')" 11
is 'P12 the decision says how full the bucket was' "$(stored "SELECT count(*) FROM decision WHERE action = 'offer' AND json_extract(outcome, '\$.budget.exceeded') = 1 AND json_extract(facts, '\$.budget.level') < 1")" 1
say direct 'I want to talk to a real person'
say legal 'my lawyer will contact you'
quiet
is 'P12 a direct request and a lawyer are not held back' "$(last direct .action) $(last legal .action)" 'escalate escalate'
kill_engine
start_engine
say p12-12 "$angry"
quiet
is 'P12 the counters survive a restart' "$(last p12-12 .action)" offer

# P7: nobody is paged for an idiom, but that it was seen stands in the decision.
say p7 'this app is killing me'
quiet
is 'P7 the near miss of an idiom is kept' "$(last p7 '[.action, .near[0]] | join(" ")')" 'wait self_harm, but only a saying: app is killing me'

# P1: the offer, and the second vague word; one ticket.
say p1 'agent'
quiet
is 'P1 a vague word is an offer' "$(last p1 .action)" offer
say p1 'agent'
say p1 'hello?'
quiet
is 'P1 again: a ticket, and what follows goes into it' "$(last p1 .action) $(tickets p1)" 'append 1'

# P10: another language after the hand-over opens nothing new; the ticket has its
# tag when the source tells it.
tell() { # LANGUAGE, as the source has it
    count=$((count + 1))
    send "s-$count" "$(message p1 'ahora en español por favor' $count | sed 's/"role":"user"/&,"language":"'"$1"'"/')"
    quiet
}
tell en
tell es
tell es
is 'P10 a switch after the hand-over: no second ticket' "$(tickets p1)" 1
is 'P10 a switch after the hand-over: a tag' "$(ledger 'select(.kind == "tags") | .more')" '{"tags":["language:es"]}'
stop_engine
