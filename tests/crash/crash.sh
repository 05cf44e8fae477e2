#!/bin/bash
# crash.sh USHER [MUTANTS]: the proof that nothing is lost and nothing doubled.
#
#   USHER    an engine built with FAIL_POINTS=1
#   MUTANTS  the folder with crash-ack/, crash-resend/ and crash-lease/, each
#            holding an engine with one wrong line; default: above USHER's
#
# For each named point at which the engine can be killed (F1): feed it, let it
# die there, start it again, wait until it is quiet, compare what was
# acknowledged with what the store and the vendor have (N4). Then kills at
# random moments under load (F1 F10), then a vendor that misbehaves (F11 F13
# F15), then the mutants, which the same comparison must find.
#
# CRASH_KILLS (50) random kills; CRASH_SEED (1); CRASH_TABLE, where the table
# goes as well (crash-table.txt beside USHER's folder); CRASH_ONLY, a pattern
# for the names of rows; CRASH_KEEP=1 leaves the files of failed rows.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: crash.sh USHER [MUTANTS]" >&2; exit 2; }
usher=$(readlink -f "$1")
[ -d "$usher" ] && usher=$usher/usher
build=$(dirname "$(dirname "$usher")")
mutants=$(readlink -f "${2:-$build}")
tools=${CRASH_TOOLS:-$build}
vendor=$tools/fake-vendor feed=$tools/feed
table=${CRASH_TABLE:-$build/crash-table.txt}
kills=${CRASH_KILLS:-50} only=${CRASH_ONLY:-*}
RANDOM=${CRASH_SEED:-1}
for program in "$usher" "$vendor" "$feed"; do
    [ -x "$program" ] || { echo "crash.sh: $program is missing" >&2; exit 2; }
done

root=$(mktemp -d "${TMPDIR:-/tmp}/usher-crash.XXXXXX")
engine_pid='' vendor_pid='' feed_pid='' passed=0 failed=0
WEB_SECRET="whsec_$(openssl rand -base64 32)"
REPLY_SECRET="whsec_$(openssl rand -base64 32)"
export WEB_SECRET REPLY_SECRET ZD_TOKEN=loopback-only

is_dead() { ! kill -0 "$1" 2>/dev/null; }
# The engine is disowned, so that the shell does not tell of each death.
end_one() { # PID [SIGNAL]
    [ -n "$1" ] || return 0
    kill "-${2:-KILL}" "$1" 2>/dev/null
    while ! is_dead "$1"; do
        sleep 0.01
    done
}
finish() {
    end_one "$feed_pid"
    end_one "$engine_pid"
    end_one "$vendor_pid"
    [ -n "${CRASH_KEEP:-}" ] || rm -rf "$root"
}
trap finish EXIT
trap 'exit 130' INT TERM

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# --- the three programs -------------------------------------------------------

# scene NAME [plain]: an empty folder, a fresh vendor and a configuration
scene() {
    name=$1 kind=${2:-zendesk}
    home=$root/$name
    mkdir -p "$home"
    public=$((port_base + 1)) vendor_port=$port_base
    port_base=$((port_base + 2))
    cat >"$home/usher.conf.lua" <<EOF
listen "127.0.0.1:$public"
admin { socket = "$home/admin.sock" }
store "$home/usher.db"
policy "$here/../../rules/starter"
workers(2)
source "web" {
  adapter = "custom", secret = secret "WEB_SECRET",
  reply_url = "http://127.0.0.1:$vendor_port/reply",
  reply_secret = secret "REPLY_SECRET",
  allow_private = true, allow_plain = true,
}
groups { "support" }
default_group "support"
EOF
    if [ "$kind" = plain ]; then
        cat >>"$home/usher.conf.lua" <<EOF
adapters "$here/adapters"
helpdesk "hd" {
  adapter = "plain", url = "http://127.0.0.1:$vendor_port",
  token = secret "ZD_TOKEN", allow_private = true, allow_plain = true,
}
EOF
        start_vendor --no-keys
    else
        cat >>"$home/usher.conf.lua" <<EOF
helpdesk "hd" {
  adapter = "zendesk", url = "http://127.0.0.1:$vendor_port",
  email = "desk@customer.example", token = secret "ZD_TOKEN", lag_s = 1,
  allow_private = true, allow_plain = true,
}
EOF
        start_vendor
    fi
    : >"$home/acks"
}

start_vendor() {
    "$vendor" "$vendor_port" --ledger "$home/ledger" "$@" \
        2>"$home/vendor.log" &
    vendor_pid=$!
    disown "$vendor_pid"
    for _ in $(seq 100); do
        control '{}' && return 0
        sleep 0.05
    done
    echo "crash.sh: the vendor did not start" >&2
    exit 1
}
control() {
    curl -sf -m 5 -o /dev/null "http://127.0.0.1:$vendor_port/control" -d "$1"
}

# start_engine [ENV...]: not waited for; engine_pid
start_engine() {
    env "$@" "$engine" serve -c "$home/usher.conf.lua" \
        2>>"$home/usher.log" </dev/null &
    engine_pid=$!
    disown "$engine_pid"
}
admin() { curl -s -m 5 --unix-socket "$home/admin.sock" "http://localhost$1"; }

start_feed() { # COUNT SECONDS PREFIX CONNECTIONS PERCENT
    percent=$5
    "$feed" --port "$public" --connections "$4" --count "$1" --seconds "$2" \
        --size 900 --escalate "$5" --prefix "$3" --acks "$home/acks" \
        --patient >"$home/feed.$3" 2>&1 &
    feed_pid=$!
}

# within SECONDS COMMAND...: true as soon as the command is
within() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
is_up() { admin /healthz | grep -q up; }
# (The packaged jq ends with 0 when there was nothing to read.)
is_quiet() {
    [ "$(admin /readyz | jq '.status == "ready" and .events_in_flight == 0 and
        .deliveries_waiting == 0' 2>/dev/null)" = true ]
}

# --- the comparison -------------------------------------------------------------

ask_store() { sqlite3 -readonly "$home/usher.db" "$1"; }

# The sender's conversations are numbered; so many of a hundred escalate.
unasked() {
    awk -F- -v percent="$percent" -v what="$1" \
        '$NF !~ /^[0-9]+$/ || $NF % 100 >= percent {print $0, what, "unasked"}'
}

# compare: acked decided ticketed duplicate lost, and the verdict in `good`
compare() {
    local d=$home/compare
    mkdir -p "$d"
    sort -u "$home/acks" >"$d/acks"
    awk '{print $1}' "$d/acks" >"$d/acked"
    awk '{sub(/-e/, "-", $1); print $1}' "$d/acks" | sort >"$d/acked.conv"
    awk '$2 == 1 {sub(/-e/, "-", $1); print $1}' "$d/acks" |
        sort >"$d/must"
    ask_store "SELECT ekey FROM inbound_event WHERE state = 'APPLIED'" |
        sort >"$d/applied"
    ask_store "SELECT DISTINCT c.ext_id FROM conversation c JOIN message m
        ON m.tenant = c.tenant AND m.conv = c.conv JOIN decision d
        ON d.tenant = c.tenant AND d.conv = c.conv" | sort >"$d/decided"
    ask_store "SELECT c.ext_id FROM conversation c JOIN message m ON
        m.tenant = c.tenant AND m.conv = c.conv GROUP BY c.ext_id
        HAVING count(*) > 1" | sort >"$d/twice"
    ask_store "SELECT c.ext_id, h.hid FROM handoff h JOIN conversation c ON
        c.tenant = h.tenant AND c.conv = h.conv" | tr '|' ' ' |
        sort >"$d/handoffs"
    ask_store "SELECT c.ext_id FROM ticket t JOIN conversation c ON
        c.tenant = t.tenant AND c.conv = t.conv" | sort >"$d/known"
    awk '{print $2, $1}' "$d/handoffs" | sort >"$d/of"
    touch "$home/ledger"
    jq -r 'select(.kind == "ticket") | .id' "$home/ledger" | sort >"$d/made"
    # The vendor's tickets by conversation; a stranger stays a stranger. What
    # was kept and died before its acknowledgement may be there, or not.
    join -a 1 -e '?' -o 2.2 "$d/made" "$d/of" | sort >"$d/tickets"
    jq -r 'select(.kind == "usher.reply") | .id' "$home/ledger" |
        sort >"$d/notices"

    acked=$(wc -l <"$d/acked")
    decided=$(comm -12 "$d/acked.conv" "$d/decided" | wc -l)
    ticketed=$(uniq "$d/tickets" | comm -12 - "$d/must" | wc -l)
    {
        comm -23 "$d/acked" "$d/applied" | sed 's/$/ acknowledged, not applied/'
        comm -23 "$d/acked.conv" "$d/decided" | sed 's/$/ not decided/'
        uniq "$d/tickets" | comm -23 "$d/must" - | sed 's/$/ without a ticket/'
        comm -23 "$d/must" "$d/known" | sed 's/$/ ticket not known to us/'
        uniq "$d/notices" | comm -23 "$d/must" - | sed 's/$/ without a notice/'
    } >"$d/lost"
    {
        uniq -d "$d/tickets" | sed 's/$/ has several tickets/'
        uniq -d "$d/notices" | sed 's/$/ has several notices/'
        sed 's/$/ has a message twice/' "$d/twice"
        uniq "$d/tickets" | unasked ticket
        uniq "$d/notices" | unasked notice
    } >"$d/duplicate"
    lost=$(wc -l <"$d/lost") duplicate=$(wc -l <"$d/duplicate")
    good=yes
    if [ "$acked" -eq 0 ] || [ "$lost" -ne 0 ] || [ "$duplicate" -ne 0 ]; then
        good=no
    fi
}

say() { printf '%s\n' "$*" | tee -a "$table"; }
row() { # NAME OK [WHY]
    say "$(printf '%-32s %6d %8d %9d %10d %5d  %s' "$1" "$acked" "$decided" \
        "$ticketed" "$duplicate" "$lost" "$2${3:+ ($3)}")"
    if [ "$2" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        sort "$home/compare/lost" "$home/compare/duplicate" | head -n 8 |
            sed 's/^/    /'
        grep -v '"level":"info"' "$home/usher.log" | tail -n 6 | sed 's/^/    /'
    fi
}

# settle [SECONDS]: the sender ends, the engine becomes quiet and stops; `why`
settle() {
    why=''
    [ -z "$feed_pid" ] || wait "$feed_pid" ||
        why='the sender got no acknowledgement'
    feed_pid=''
    within "${1:-30}" is_quiet || why='never quiet'
    kill -TERM "$engine_pid" 2>/dev/null
    within 15 is_dead "$engine_pid" || { why='did not stop'; }
    end_one "$engine_pid"
    engine_pid=''
    end_one "$vendor_pid" TERM
    vendor_pid=''
    compare
    [ -z "$why" ] || good=no
}

verdict() { # NAME
    if [ "$good" = yes ]; then row "$1" ok; else row "$1" FAIL "$why"; fi
    [ -n "${CRASH_KEEP:-}" ] || rm -rf "$home"
}

wanted() {
    # shellcheck disable=SC2254
    case $1 in $only) return 0 ;; esac
    return 1
}

# --- the rows ---------------------------------------------------------------------

# crash_at NAME POINT:N [KIND [ENV...]]: die there, come back, compare
crash_at() {
    local label=$1 point=$2 kind=${3:-zendesk} died=yes
    shift 2
    [ $# -gt 0 ] && shift
    scene "$label" "$kind"
    start_engine "USHER_CRASH_AT=$point" "$@"
    start_feed 20 30 c 4 7
    if within 10 is_dead "$engine_pid"; then
        start_engine A=b
    else
        died=no
    fi
    settle 40
    if [ $died = no ]; then
        good=no why='the point was not reached'
    fi
}

random_kills() {
    local n
    scene random
    start_engine A=b
    start_feed 100000000 300 r 2 2
    for n in $(seq "$kills"); do
        sleep "0.$(printf %03d $((RANDOM % 900 + 1)))"
        end_one "$engine_pid"
        start_engine A=b
    done
    end_one "$feed_pid" TERM
    feed_pid=''
    settle 90
    verdict "$kills random kills"
}

# A vendor that misbehaves every third time, on tickets and on replies.
faults() {
    local fault
    for fault in lose late cut 429 500 500x 302 garbage huge; do
        wanted "fault $fault" || continue
        scene "fault-$fault"
        start_engine A=b
        within 10 is_up
        control "{\"fault\":\"$fault\",\"every\":3,\"count\":5,\"on\":\"all\"}"
        start_feed 20 30 c 4 7
        settle 60
        verdict "fault $fault"
    done
}

# mutant NAME ENGINE SCENE PASSES: the comparison has to find it at one of the
# first so many passes; there the right engine has to show nothing, or the
# finding would prove nothing.
mutant() {
    local label=$1 program=$2/usher scene=$3 n
    acked=0 decided=0 ticketed=0 duplicate=0 lost=0
    if [ ! -x "$program" ]; then
        row "$label, mutant" FAIL "$program is missing"
        return
    fi
    engine=$program
    for n in $(seq "$4"); do
        "$scene" "$scene-mutant-$n" "$n"
        [ $((lost + duplicate)) -eq 0 ] || break
    done
    engine=$usher
    if [ $((lost + duplicate)) -gt 0 ]; then
        row "$label, mutant" ok "found at $n"
    else
        row "$label, mutant" FAIL 'the mutant was not found'
    fi
    "$scene" "$scene-right" "$n"
    verdict "$label, right engine"
}

ack_scene() {
    crash_at "$1" "store.before_commit:$2" zendesk \
        "LD_PRELOAD=$root/linger.so"
}
lease_scene() { crash_at "$1" "deliver.after_answer:$2" plain; }
resend_scene() {
    scene "$1" plain
    start_engine A=b
    within 10 is_up
    control '{"fault":"lose","every":2,"count":3,"on":"ticket"}'
    start_feed 20 30 c 4 7
    settle 40
}

port_base=$(free_port)
engine=$usher
: >"$table"
say "$(printf '%-32s %6s %8s %9s %10s %5s  %s' point acked decided ticketed \
    duplicate lost ok)"

# Which points are there? Those that one undisturbed run passes, with a
# helpdesk that has to be looked up as well.
scene discovery
start_engine "USHER_FAIL_LIST=$root/points"
start_feed 20 30 c 4 7
settle
verdict 'no fault'
sort -u -o "$root/points" "$root/points" 2>/dev/null
if [ ! -s "$root/points" ]; then
    echo "crash.sh: $usher has no fail points; build it with FAIL_POINTS=1" >&2
    exit 2
fi
while read -r point <&4; do
    for n in 1 5; do
        wanted "$point:$n" || continue
        crash_at "$point-$n" "$point:$n"
        verdict "$point:$n"
    done
done 4<"$root/points"
wanted random && [ "$kills" -gt 0 ] && random_kills
faults
if wanted mutants; then
    "${CC:-cc}" -O2 -shared -fPIC -o "$root/linger.so" "$here/linger.c" -ldl ||
        exit 2
    mutant 'ack before commit' "$mutants/crash-ack" ack_scene 16
    mutant 'resend without look-up' "$mutants/crash-resend" resend_scene 1
    mutant 'lease made ready' "$mutants/crash-lease" lease_scene 6
fi
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
