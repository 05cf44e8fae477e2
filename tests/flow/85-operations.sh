#!/bin/sh
# What the people who run it see and do: the service manager is told, what is
# held can be found and retried, nothing secret is on disk, a stop in the
# middle of a request answers it. S44 S82 sec S20
. "$(dirname "$0")/lib.sh"
configure_caught 'redact { email = true, phone = true }
workers(3)'
desk_pid=${catcher_pids##* }
catcher manager notify "$home/notify"
NOTIFY_SOCKET=$home/notify
export NOTIFY_SOCKET

# --- the service manager -----------------------------------------------------------
launch
is_told() { [ -n "$(caught manager "^$1")" ]; }
within 20 is_told READY=1 || fail 'READY=1 never came'
status=$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$url/healthz")
is 'systemd: ready means that it answers' "$status" 200
has 'as many workers as the configuration says' "$(grep engine.ready "$home/usher.log")" '"workers":3'
within 20 is_told WATCHDOG=1 || fail 'no sign of life'
ok 'systemd: it says that it lives'
is 'systemd: nothing is stopping yet' "$(caught manager STOPPING=1)" ''

# --- nothing secret is on disk -------------------------------------------------------
send r-1 '{"type":"usher.message","data":{"conversation_id":"r","mode":"append","first_index":0,"customer":{"email":"mara@customer.example"},"attributes":{"note":"card 5500 0055 5555 5559"},"fields":{"iban":"DE89 3704 0044 0532 0130 00"},"messages":[{"role":"user","content":"My card is 4111-1111 1111 1111, IBAN GB82 WEST 1234 5698 7654 32, password: hunter2hunter2"},{"role":"user","content":"write to mara.private@home.example or call +49 30 9018 2015; I want to talk to a real person"}]}}'
is 'secrets come in' "$status" 202
quiet
has 'what is left is readable' "$(ask /v1/conversations/web:r)" '[card]'
held_back() { # NAME PATTERN FILES...
    name=$1 pattern=$2
    shift 2
    for file in "$@"; do
        [ -e "$file" ] || continue
        if LC_ALL=C grep -aqE "$pattern" "$file"; then
            fail "$name stands in $file"
        fi
    done
    ok "sec S20 not on disk, in the log, in a ticket: $name"
}
sqlite3 -readonly "$home/usher.db" .dump >"$home/dump"
grep -q "My card is" "$home/dump" || fail "the dump cannot be read"
set -- "$home"/usher.db "$home"/usher.db-wal "$home/dump" "$home/usher.log" "$home"/desk/0* "$home"/chat/0*
held_back 'a card number' '4111[- ]?1111[- ]?1111[- ]?1111' "$@"
held_back 'a card number among the attributes' '5500 ?0055 ?5555 ?5559' "$@"
held_back 'an account number' 'GB82 ?WEST ?1234' "$@"
held_back 'an account number among the fields' 'DE89 ?3704 ?0044' "$@"
held_back 'a password' 'hunter2' "$@"
held_back 'an address, where the configuration says so' 'mara\.private@' "$@"
held_back 'a telephone number, where it says so' '9018 ?2015' "$@"
is 'the body as it came is dropped once applied' "$(stored 'SELECT count(*) FROM inbound_event WHERE body IS NOT NULL')" 0

# --- refused by the helpdesk ------------------------------------------------------------
n=0
for refusal in 403 404 422; do
    n=$((n + 1))
    printf '%s\n{"error":"RecordInvalid","description":"the form wants a brand"}' "$refusal" >"$home/desk/answer"
    send "h-$n" "$(message "h$n" 'A complaint')"
    is "$refusal: the event is acknowledged" "$status" 202
    held() { [ "$(ask '/v1/deliveries?state=HELD' | jq '.deliveries | length')" = 1 ]; }
    within 30 held || fail "$refusal: not held: $(ask /v1/deliveries)"
    ok "$refusal: held for a person"
    row=$(ask '/v1/deliveries?state=HELD' | jq -c '.deliveries[0]')
    is "$refusal: what is held" "$(echo "$row" | jq -r '[.conversation, .destination, .kind, .status] | map(tostring) | join(" ")')" "web:h$n helpdesk:zd ticket $refusal"
    tries=$(made | wc -l)
    did=$(echo "$row" | jq -r .id)
    is "$refusal: the customer is not told of a ticket that is none" "$(caught chat "\"conversation_id\":\"h$n\"" | while read -r file; do grep -o 'usher\.reply' "$file"; done)" ''
    rm "$home/desk/answer"
    "$USHER" deliveries -c "$home/usher.conf.lua" retry "$did" >"$home/said" 2>&1 || fail "$refusal: retry: $(cat "$home/said")"
    ok "$refusal: retried by the command line"
    is "$refusal: who did it is on record" "$(stored "SELECT actor || ' ' || verb FROM audit WHERE obj = 'delivery/$did'")" 'operator retry'
    there() { [ "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:h$n'")" = 1 ]; }
    within 60 there || fail "$refusal: no ticket after the repair: $(ask "/v1/deliveries/$did")"
    ok "$refusal: after the repair there is the ticket"
    quiet 60
    is "$refusal: by one more request" "$(made | wc -l)" $((tries + 1))
    is "$refusal: and the customer is told" "$(caught chat "\"conversation_id\":\"h$n\"" | while read -r file; do grep -o 'usher\.reply' "$file"; done)" usher.reply
done

# --- lists ----------------------------------------------------------------------------------
states() { ask "/v1/deliveries$1" | jq -r '.deliveries[].state' | sort -u | tr '\n' ' '; }
is 'deliveries: nothing is open' "$(states '')" ''
is 'deliveries: what is done can be asked for' "$(states '?state=DONE')" 'DONE '
is 'deliveries: and no more than wanted' "$(ask '/v1/deliveries?state=DONE&limit=2' | jq '.deliveries | length')" 2
is 'deliveries: nothing is held any more' "$(states '?state=HELD')" ''
"$USHER" deliveries -c "$home/usher.conf.lua" --state DONE --json list >"$home/said" || fail 'deliveries list'
has 'deliveries: the command line lists them' "$(cat "$home/said")" "$did"
"$USHER" deliveries -c "$home/usher.conf.lua" show "$did" >"$home/said" || fail 'deliveries show'
has 'deliveries: and shows one with what was tried' "$(cat "$home/said")" 422
"$USHER" deliveries -c "$home/usher.conf.lua" show nothing >"$home/said" 2>&1 && fail 'an unknown delivery is shown'
ok 'deliveries: an unknown one is a failure'

# --- explained, as it stands ---------------------------------------------------------------------
send x-1 "$(message x 'When are you open?')"
quiet
ask /v1/conversations/web:x >"$home/x.json"
"$USHER" explain --policy "$root/tests/policy" --at 1 "$home/x.json" >"$home/said" 2>&1 || fail "explain: $(cat "$home/said")"
has 'S82 a running conversation explained: nothing matched' "$(cat "$home/said")" 'no rule matched'
is 'as it was decided' "$(stored "SELECT action FROM decision WHERE conv = 'web:x'")" keep

# --- stopped in the middle ---------------------------------------------------------------------------
# The helpdesk is away, two callers wait for their tickets, and it stops.
kill -STOP "$desk_pid"
for caller in 1 2; do
    mkdir "$home/caller.$caller"
    (
        home=$home/caller.$caller
        send "w-$caller" "{\"conversation_id\":\"w$caller\",\"messages\":[{\"role\":\"customer\",\"text\":\"A person, please.\"}]}" \
            /v1/escalations -H 'Prefer: wait=4'
        echo "$status" >"$home/status"
    ) &
    eval "caller_$caller=\$!"
done
waiting() { [ "$(stored "SELECT count(*) FROM handoff WHERE conv LIKE 'web:w_'")" = 2 ]; }
within 20 waiting || fail 'the calls did not arrive'
kill -TERM "$engine_pid"
within 20 is_told STOPPING=1 || fail 'STOPPING=1 never came'
ok 'systemd: told that it stops'
refused() { ! curl -s -m 2 -o /dev/null "$url/healthz"; }
within 20 refused || fail 'it takes connections while it stops'
ok 'a stopping engine takes no new connection'
wait "$caller_1"
wait "$caller_2"
for caller in 1 2; do
    is "S44 who waits is answered before it ends ($caller)" "$(cat "$home/caller.$caller/status")" 202
    is "S44 with what is known ($caller)" "$(jq -r .status "$home/caller.$caller/answer")" pending
done
kill -CONT "$desk_pid"
within 40 is_dead || fail 'it does not end'
wait "$engine_pid"
is 'and ends in order' "$?" 0
engine_pid=''
start_engine
quiet 90
is 'after the start both have their tickets' "$(stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:w_'")" 2
stop_engine
is 'it stops in order' "$status" 0
