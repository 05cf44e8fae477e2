# lib.sh: what the flow tests have in common; sourced, with USHER (the engine)
# and BUILD_DIR (where fake-vendor is) set. Each test has a folder of its own,
# $home, which goes away at the end together with what was started.
set -u
LC_ALL=C
export LC_ALL
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${USHER:?the engine to test}"
: "${BUILD_DIR:=$(dirname "$USHER")}"
vendor=$BUILD_DIR/fake-vendor
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-flow.XXXXXX")
engine_pid='' vendor_pid='' catcher_pids=''
key=$(openssl rand -base64 32)
keyhex=$(printf %s "$key" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
WEB_SECRET="whsec_$key" ZD_TOKEN=loopback-only ASK_SECRET=$(openssl rand -hex 16)
export WEB_SECRET ZD_TOKEN ASK_SECRET
# Ports below the range that the system gives to outgoing connections.
vendor_port=$((20000 + $$ % 5000 * 2))
public=$((vendor_port + 1))
url=http://127.0.0.1:$public

end_one() { # PID SIGNAL
    [ -n "$1" ] || return 0
    kill "-$2" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}
# shellcheck disable=SC2329
clean_up() {
    code=$?
    end_one "$engine_pid" KILL
    end_one "$vendor_pid" KILL
    for pid in $catcher_pids; do end_one "$pid" KILL; done
    [ -n "${KEEP:-}" ] || rm -rf "$home"
    exit $code
}
trap clean_up EXIT
trap 'exit 130' INT TERM

ok() { echo "ok $*"; }
fail() {
    echo "FAILED $*"
    if [ -s "$home/usher.log" ]; then
        echo "-- the engine's last words"
        tail -n 25 "$home/usher.log"
    fi
    exit 1
}
is() { # NAME HAVE WANT
    [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'"
    ok "$1"
}
has() { # NAME TEXT PART
    case $2 in *"$3"*) ok "$1" ;; *) fail "$1: no '$3' in: $2" ;; esac
}

# within SECONDS COMMAND...: true as soon as the command is
within() {
    left=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.05
    done
}

# --- the vendor -----------------------------------------------------------------

control() { curl -sf -m 5 "http://127.0.0.1:$vendor_port/control" -d "$1"; }
start_vendor() {
    "$vendor" "$vendor_port" --ledger "$home/ledger" "$@" \
        2>"$home/vendor.log" &
    vendor_pid=$!
    within 10 control '{}' || fail "the vendor did not start"
    : >>"$home/ledger"
}
ledger() { # JQ-FILTER
    jq -r "$1" "$home/ledger"
}
count_of() { ledger "select(.kind == \"$1\") | .id" | wc -l | tr -d ' '; }

# --- others that only listen ------------------------------------------------------

# Two more ports, below the vendor's range.
# shellcheck disable=SC2034
port_a=$((vendor_port - 10000)) port_b=$((vendor_port - 9999))
# catcher NAME KIND ADDRESS: what arrives becomes files in $home/NAME
catcher() {
    mkdir "$home/$1"
    perl "$root/tests/flow/catch.pl" "$2" "$3" "$home/$1" 2>>"$home/vendor.log" &
    catcher_pids="$catcher_pids $!"
    within 10 test -e "$home/$1/ready" || fail "nobody listens at $3"
}
# caught NAME [GREP-PATTERN]: the files, in order of arrival, that match
caught() {
    for file in "$home/$1"/[0-9][0-9][0-9][0-9]; do
        [ -e "$file" ] || continue
        grep -q -- "${2:-}" "$file" && echo "$file"
    done
}

# --- the engine -------------------------------------------------------------------

# configure [LINES]: chat and helpdesk are the vendor
configure() {
    cat >"$home/usher.conf.lua" <<EOF
listen "127.0.0.1:$public"
admin { socket = "$home/admin.sock" }
store "$home/usher.db"
policy "$root/rules/starter"
workers(2)
source "web" {
  adapter = "custom", secret = secret "WEB_SECRET",
  reply_url = "http://127.0.0.1:$vendor_port/reply",
  allow_private = true, allow_plain = true,
}
helpdesk "zd" {
  adapter = "zendesk", url = "http://127.0.0.1:$vendor_port",
  email = "desk@customer.example", token = secret "ZD_TOKEN", lag_s = 1,
  allow_private = true, allow_plain = true,
}
groups { "support", "billing", "tier2", "security", "legal" }
default_group "support"
response_time "within 4 hours"
${1:-}
EOF
}

ask() { # PATH [CURL ARGUMENTS]: the administrator's question
    path=$1
    shift
    curl -s -m 20 --unix-socket "$home/admin.sock" "http://localhost$path" "$@"
}
# The rules of the running engine: the command, the hash of those in force, a
# member of the draft, and a metric by its name without usher_.
policy() { "$USHER" policy "$@" --socket "$home/admin.sock"; }
hash() { ask /v1/policy | jq -r .hash; }
draft() { ask /v1/policy | jq -r ".draft.$1 // empty"; }
metric() { ask /metrics | awk -v name="usher_$1" '$1 == name { print $2 }'; }
is_up() { ask /healthz | grep -q up; }
# (The packaged jq ends with 0 when there was nothing to read.)
is_quiet() {
    [ "$(ask /readyz | jq '.status == "ready" and .events_in_flight == 0 and
        .deliveries_waiting == 0' 2>/dev/null)" = true ]
}
is_dead() { ! kill -0 "$engine_pid" 2>/dev/null; }
launch() {
    (cd "$home" && exec "$USHER" serve -c "$home/usher.conf.lua") \
        2>>"$home/usher.log" </dev/null &
    engine_pid=$!
}
start_engine() {
    launch
    within 20 is_up || fail "the engine did not start"
}
quiet() { within "${1:-30}" is_quiet || fail "never quiet: $(ask /readyz)"; }
stop_engine() { # its exit status in `status`
    kill -TERM "$engine_pid"
    within 20 is_dead || fail "SIGTERM did not end the engine"
    wait "$engine_pid"
    # shellcheck disable=SC2034
    status=$?
    engine_pid=''
}
kill_engine() {
    end_one "$engine_pid" KILL
    engine_pid=''
}
stored() { sqlite3 -readonly "$home/usher.db" "$1"; }

# --- signed requests ----------------------------------------------------------------

sign() { # ID TIME BODY-FILE
    { printf '%s.%s.' "$1" "$2" && cat "$3"; } |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$keyhex" -binary |
        openssl base64 -A
}
# post ID BODY-FILE [PATH [CURL ARGUMENTS]]: the status in `status`, the answer
# in $home/answer
post() {
    id=$1 file=$2 path=${3:-/v1/sources/web} now=${NOW:-$(date +%s)}
    shift 2
    [ $# -eq 0 ] || shift
    status=$(curl -s -m 60 -o "$home/answer" -w '%{http_code}' "$url$path" \
        -H 'Content-Type: application/json' -H "webhook-id: $id" \
        -H "webhook-timestamp: $now" \
        -H "webhook-signature: v1,${SIGNATURE:-$(sign "$id" "$now" "$file")}" \
        "$@" --data-binary "@$file")
}
send() { # ID JSON [PATH [CURL ARGUMENTS]]
    printf '%s' "$2" >"$home/body"
    event=$1
    shift 2
    post "$event" "$home/body" "$@"
}
answer() { cat "$home/answer"; }
# message CONVERSATION TEXT [INDEX]: the body of a customer's message
message() {
    printf '{"type":"usher.message","data":{"conversation_id":"%s","channel":"web","mode":"append","first_index":%d,"customer":{"id":"c-%s","name":"Mara Okafor","email":"mara@customer.example"},"messages":[{"role":"user","content":"%s"}]}}' \
        "$1" "${3:-0}" "$1" "$2"
}
# shellcheck disable=SC2034
human='I want to talk to a real person, please.'

# --- with catchers for chat and helpdesk ---------------------------------------------

# configure_caught [LINES [POLICY]]: chat and helpdesk are catchers, so that
# every request can be read: $home/chat and $home/desk
configure_caught() {
    cat >"$home/usher.conf.lua" <<EOF
listen "127.0.0.1:$public"
admin { socket = "$home/admin.sock" }
store "$home/usher.db"
policy "${2:-$root/tests/policy}"
workers(2)
source "web" {
  adapter = "custom", secret = secret "WEB_SECRET",
  reply_url = "http://127.0.0.1:$port_a/reply",
  allow_private = true, allow_plain = true,
}
helpdesk "zd" {
  adapter = "zendesk", url = "http://127.0.0.1:$port_b",
  email = "desk@customer.example", token = secret "ZD_TOKEN", lag_s = 1,
  fields = { order_number = 501, account_id = 502, intent = 503 },
  allow_private = true, allow_plain = true,
}
groups { "support", "billing", "engineering", "tier3",
         tier2 = { ids = { zd = 36002 } } }
default_group "support"
response_time "within 4 hours"
${1:-}
EOF
    catcher chat http "$port_a"
    catcher desk http "$port_b"
}
# body_of FILE: what followed the header
body_of() { sed '1,/^$/d' "$1"; }
# caught_json NAME GREP-PATTERN JQ-FILTER: of the first that matches
caught_json() { body_of "$(caught "$1" "$2" | head -n 1)" | jq -r "$3"; }
# made: the requests that made a ticket
made() { caught desk '^POST /api/v2/tickets '; }
