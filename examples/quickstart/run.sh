#!/bin/sh
# run.sh USHER stay|check: start usher on loopback with this folder's
# configuration in a folder of its own, feed it three conversations and tell
# what happens at each stop. `check` ends with 0 only if all three ended as
# they should; `stay` leaves it running until Ctrl-C.
set -eu
usher=$(readlink -f "$1") mode=${2:-stay}
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-quickstart.XXXXXX")
cp "$here/usher.conf.lua" "$home/"
cp -r "$here/../../rules/starter" "$home/rules"
key=$(openssl rand -base64 32)
WEB_SECRET="whsec_$key"
export WEB_SECRET
keyhex=$(printf %s "$key" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
url=http://127.0.0.1:8088
cd "$home"
"$usher" serve --log text 2>usher.log &
pid=$!
stop() {
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 0' INT TERM

n=0
until curl -sf "$url/healthz" >/dev/null 2>&1; do
    n=$((n + 1))
    if [ $n -gt 100 ] || ! kill -0 "$pid" 2>/dev/null; then
        echo "usher did not start:" >&2
        cat usher.log >&2
        exit 1
    fi
    sleep 0.1
done
echo "usher is up on $url (its files are in $home)"

# send ID JSON: one event, signed
send() {
    now=$(date +%s)
    sig=$(printf '%s.%s.%s' "$1" "$now" "$2" |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$keyhex" -binary |
        openssl base64 -A)
    curl -sf -o /dev/null "$url/v1/sources/web" -H 'Content-Type: application/json' \
        -H "webhook-id: $1" -H "webhook-timestamp: $now" \
        -H "webhook-signature: v1,$sig" --data-binary "$2"
}
ask() { curl -sf --unix-socket admin.sock "http://localhost$1"; }

talk() { # ID MESSAGES: a session, then its end
    send "$1-1" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$1\",\"channel\":\"web\",\"mode\":\"snapshot\",\"customer\":{\"id\":\"$1-customer\",\"name\":\"$3\"},\"messages\":$2}}"
    send "$1-2" "{\"type\":\"usher.session.ended\",\"data\":{\"conversation_id\":\"$1\"${4:+,\"outcome\":\"$4\"}}}"
}

echo
echo "1  Mara asks for a person."
talk mara '[{"role":"user","content":"Where is my parcel 88213?"},{"role":"assistant","content":"It is on its way."},{"role":"user","content":"I want to talk to a real person, please."}]' "Mara"
echo "2  Jo is helped by the AI."
talk jo '[{"role":"user","content":"What are your opening hours?"},{"role":"assistant","content":"Monday to Friday, nine to five."},{"role":"user","content":"Great, thank you!"}]' "Jo" resolved_confirmed
echo "3  Kim disputes a charge."
talk kim '[{"role":"user","content":"I was charged twice for order 4711 and I want my money back."},{"role":"assistant","content":"I am sorry to hear that."},{"role":"user","content":"Please refund the second charge."}]' "Kim"

n=0
while [ "$(ask /v1/tickets | jq '.tickets | length')" -lt 2 ] && [ $n -lt 50 ]; do
    n=$((n + 1))
    sleep 0.1
done
sleep 0.3
ok=0
for who in mara jo kim; do
    echo
    conversation=$(ask "/v1/conversations/web:$who")
    printf '%s' "$conversation" | jq -r '
      "\(.id): \(.message_count) messages kept; the rules decided: " +
      (if .handoff_id then "hand over" else "the AI keeps it" end)'
    printf '%s' "$conversation" | jq -r '
      select(.decision) | .decision | select(.action != "keep") |
      "  why:       \(.reason) (rule: \(.rule))\n  who:       group \(.group)\n  urgency:   \(.priority)\n  subject:   \(.subject)\n  next step: \(.next_step)"'
    printf '%s' "$conversation" | jq -r '
      select(.ticket) | "  ticket:    \(.ticket.id) in \(.ticket.helpdesk)"'
    got=$(printf '%s' "$conversation" | jq -r 'if .ticket then "ticket" else "none" end')
    case $who:$got in mara:ticket | jo:none | kim:ticket) ok=$((ok + 1)) ;; esac
done
echo
echo "$ok of 3 conversations ended as they should"
if [ "$mode" = stay ]; then
    echo
    echo "usher stays up on $url until Ctrl-C. Try, in another terminal:"
    echo "  curl --unix-socket $home/admin.sock http://localhost/v1/tickets"
    wait "$pid"
fi
[ $ok = 3 ]
