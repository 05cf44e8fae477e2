#!/bin/bash
# bench.sh BUILD: what the engine does in a second, each figure beside a
# reference measured in the same run. Prints a table and writes
# BUILD/bench.json. Loopback only; about two minutes.
#   BENCH_SECONDS=5   of each load
#   BENCH_ONLY=name   one figure (see the calls at the end)
set -u
LC_ALL=C
export LC_ALL
build=${1:?the build folder}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
seconds=${BENCH_SECONDS:-5}
only=${BENCH_ONLY:-}
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-bench.XXXXXX")
WEB_SECRET="whsec_$(openssl rand -base64 32)"
export WEB_SECRET
port=$((20000 + $$ % 4000 * 2))
vendor_port=$((port + 1))
engine='' vendor='' bare='' runs=0
ticks=$(getconf CLK_TCK)
cd "$home" || exit 1

end() { # PID SIGNAL
    [ -n "$1" ] || return 0
    kill "-$2" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}
# shellcheck disable=SC2329
clean_up() {
    end "$engine" KILL
    end "$vendor" KILL
    end "$bare" KILL
    rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
die() {
    echo "bench: $*" >&2
    tail -n 5 "$home/usher.log" >&2
    exit 1
}

# --- what runs -----------------------------------------------------------------

within() { # SECONDS COMMAND...
    local left=$(($1 * 50))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.02
    done
}
control() { curl -sf -m 5 "http://127.0.0.1:$vendor_port/control" -d "$1"; }
start_vendor() {
    "$build/fake-vendor" "$vendor_port" --ledger ledger "$@" 2>vendor.log &
    vendor=$!
    within 10 control '{}' || die 'the vendor did not start'
}
configure() { # REPLY-SETTINGS
    cat >usher.conf.lua <<CONF
listen "127.0.0.1:$port"
admin { socket = "admin.sock" }
store "usher.db"
policy "$here/rules"
workers(2)
source "web" { adapter = "custom", secret = secret "WEB_SECRET", $1 }
helpdesk "zd" { adapter = "zendesk", url = "http://127.0.0.1:$vendor_port", subdomain = "x",
  email = "bot@example.test", token = secret "WEB_SECRET", allow_private = true, allow_plain = true, window_max = 64 }
groups { "support" }
CONF
}
replies='reply_url = "http://127.0.0.1:'$vendor_port'/reply", reply_secret = secret "WEB_SECRET", allow_private = true, allow_plain = true, window_max = 64'
ask() { curl -s -m 5 --unix-socket admin.sock "http://localhost$1"; }
ready() { ask /healthz | grep -q up; }
launch() {
    "$build/usher" serve --log-level warn 2>>usher.log &
    engine=$!
}
start_engine() {
    launch
    within 10 ready || die 'the engine did not start'
}
stop_engine() {
    end "$engine" TERM
    engine=''
}
fresh() { # no events, no tickets
    stop_engine
    end "$vendor" KILL
    vendor=''
    rm -f usher.db* ledger admin.sock
}
feed() { # OPTIONS...: its JSON
    runs=$((runs + 1))
    "$build/feed" --port "$port" --prefix "r$runs" "$@"
}
load() { feed --connections 64 --size 4096 --seconds "$seconds" "$@"; }
warm() { feed --connections 64 --size 4096 --seconds 1 --escalate "$1" >/dev/null; }
quiet() { [ "$(ask /readyz | jq -r '.waiting // 0')" = 0 ] && [ "$(open_deliveries)" = 0 ]; }
open_deliveries() { sqlite3 -readonly usher.db "SELECT count(*) FROM delivery WHERE state <> 'DONE'"; }
open_events() { sqlite3 -readonly usher.db "SELECT count(*) FROM inbound_event WHERE state IN ('NEW', 'RETRY')"; }
settled() { [ "$(open_events)" = 0 ] && [ "$(open_deliveries)" = 0 ]; }

# --- what is measured ------------------------------------------------------------

family() { # the engine, its zygote, the workers
    local zygote
    zygote=$(pgrep -P "$engine")
    # shellcheck disable=SC2086
    echo "$engine" $zygote $(pgrep -P "${zygote:-0}")
}
# Ticks of all its processes, of workers that were replaced too.
cpu_all() {
    local p sum=0 n
    for p in $(family); do
        n=$(awk -v main="$engine" '{ sub(/^.*\) /, ""); print $12 + $13 + ($2 == main ? $14 + $15 : 0) }' "/proc/$p/stat" 2>/dev/null)
        sum=$((sum + ${n:-0}))
    done
    echo $sum
}
cpu_of() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
pss() { # MiB of all its processes
    local p
    for p in $(family); do cat "/proc/$p/smaps_rollup"; done 2>/dev/null |
        awk '/^Pss:/ { s += $2 } END { printf "%.1f", s / 1024 }'
}
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $1 }"; }
now() { echo "$EPOCHREALTIME"; }

figures=()
# figure NAME VALUE UNIT REFERENCE BAR(an awk condition on v and r, or empty)
figure() {
    local ratio=null ok=null
    [ -n "$4" ] && ratio=$(calc "$2 / $4" 3)
    [ -n "$5" ] && ok=$(awk -v v="$2" -v r="$ratio" "BEGIN { print ($5) ? \"true\" : \"false\" }")
    figures+=("{\"name\":\"$1\",\"value\":$2,\"unit\":\"$3\",\"reference\":${4:-null},\"ratio\":$ratio,\"bar\":\"$5\",\"ok\":$ok}")
    printf '%-26s %10s %-10s %10s %8s  %-18s %s\n' "$1" "$2" "$3" "${4:--}" "${ratio/null/-}" "$5" \
        "$(case $ok in true) echo met ;; false) echo 'NOT MET' ;; esac)"
}
wants() { [ -z "$only" ] || [ "$only" = "$1" ]; }

measure_bare() {
    "$build/bare" "$port" bare.db &
    bare=$!
    sleep 0.3
    warm 33
    local before after report
    before=$(cpu_of $bare)
    report=$(load --escalate 33)
    after=$(cpu_of $bare)
    end "$bare" KILL
    bare=''
    rm -f bare.db*
    bare_rate=$(jq .rate <<<"$report")
    bare_p99=$(jq .p99_ms <<<"$report")
    bare_us=$(calc "($after - $before) * 1e6 / $ticks / $(jq .ok <<<"$report")" 1)
}

measure_acks() {
    fresh
    configure "$replies"
    start_vendor
    start_engine
    warm 0
    local report
    report=$(load --escalate 0)
    figure ack_rate "$(jq .rate <<<"$report")" events/s "$bare_rate" 'v >= 10000 && r >= 0.7'
    figure ack_p99 "$(jq .p99_ms <<<"$report")" ms "$bare_p99" ''
}

measure_full_way() {
    fresh
    configure "$replies"
    start_vendor
    start_engine
    figure pss_idle "$(pss)" MiB '' 'v <= 20'
    warm 33
    within 60 settled || die 'the warm-up did not settle'
    local before after report began ended most=0 one tickets
    before=$(cpu_all)
    began=$(now)
    load --escalate 33 >report &
    local loading=$!
    while kill -0 $loading 2>/dev/null; do
        one=$(pss)
        [ "$(calc "($one > $most)" 0)" = 1 ] && most=$one
        sleep 0.5
    done
    wait $loading
    report=$(cat report)
    within 120 settled || die 'the load did not settle'
    ended=$(now)
    after=$(cpu_all)
    tickets=$(grep -c '"kind":"ticket"' ledger)
    full_rate=$(calc "$(jq .ok <<<"$report") / ($ended - $began)" 1)
    loaded_rate=$(jq .rate <<<"$report")
    figure full_way_rate "$full_rate" events/s "$bare_rate" 'r >= 0.40'
    figure full_way_ack_rate "$loaded_rate" events/s "$bare_rate" ''
    figure full_way_cpu "$(calc "($after - $before) * 1e6 / $ticks / $(jq .ok <<<"$report")" 1)" us/event "$bare_us" 'v <= 150'
    figure full_way_p99 "$(jq .p99_ms <<<"$report")" ms "$bare_p99" 'r <= 1.2'
    figure full_way_tickets "$tickets" tickets '' ''
    figure pss_load "$most" MiB '' 'v <= 60'
}

measure_helpdesk_down() {
    fresh
    configure "$replies"
    start_vendor
    start_engine
    control '{"fault":"503","every":1,"on":"ticket"}' >/dev/null
    warm 33
    figure ack_rate_helpdesk_503 "$(load --escalate 33 | jq .rate)" events/s "$loaded_rate" 'r >= 0.9'
}

measure_deliveries() {
    fresh
    configure ''
    start_engine
    feed --connections 64 --size 1024 --count 6000 --seconds 60 --escalate 100 >/dev/null
    within 60 [ "$(open_events)" = 0 ]
    stop_engine
    start_vendor --delay-ms 5
    start_engine
    tickets_are() { [ "$(grep -c '"kind":"ticket"' ledger)" -ge "$1" ]; }
    local from to
    within 60 tickets_are 600
    from="$(now) $(grep -c '"kind":"ticket"' ledger)"
    within 60 tickets_are 5400
    to="$(now) $(grep -c '"kind":"ticket"' ledger)"
    figure ticket_deliveries "$(echo "$from $to" | awk '{ printf "%.0f", ($4 - $2) / ($3 - $1) }')" tickets/s '' 'v >= 2000'
}

measure_decisions() {
    local report
    report=$("$build/bench-decide" "$here/rules" "$seconds") || die 'bench-decide failed'
    figure decisions_per_worker "$(jq .pool <<<"$report")" calls/s "$(jq .direct <<<"$report")" 'v >= 12000'
}

measure_start() {
    fresh
    configure "$replies"
    local began best=100000 ms
    for _ in 1 2 3; do
        rm -f usher.db*
        began=$(now)
        launch
        feed --connections 1 --size 512 --count 1 --seconds 10 --patient >/dev/null
        ms=$(calc "($(now) - $began) * 1000" 0)
        [ "$ms" -lt "$best" ] && best=$ms
        stop_engine
    done
    figure first_2xx "$best" ms '' 'v <= 150'
}

# The engine's own process, so without the script call.
grown() { # CONVERSATION MESSAGES-THERE EVENTS
    feed --connections 1 --size 400 --same "$1" --count "$2" --seconds 60 >/dev/null
}
measure_long() {
    fresh
    configure "$replies"
    start_vendor
    start_engine
    local before small=0 big
    for i in $(seq 1 25); do
        before=$(cpu_of "$engine")
        feed --connections 1 --size 400 --same "s$i" --count 12 --seconds 60 >/dev/null
        small=$((small + $(cpu_of "$engine") - before))
    done
    feed --connections 1 --size 400 --same big --count 1000 --seconds 120 >/dev/null
    before=$(cpu_of "$engine")
    feed --connections 1 --size 400 --same big --first 1000 --count 300 --seconds 60 >/dev/null
    big=$(($(cpu_of "$engine") - before))
    figure cpu_1000_messages "$(calc "$big * 1e6 / $ticks / 300" 0)" us/event "$(calc "$small * 1e6 / $ticks / 300" 0)" 'r <= 3'
}

printf 'on %s, %s cores, %s, the load generator and the fake helpdesk included\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)"
printf '%-26s %10s %-10s %10s %8s  %-18s\n' figure value unit reference ratio bar
bare_rate='' bare_p99='' bare_us='' loaded_rate=''
if wants acks || wants full || wants down; then
    measure_bare
    figure bare_rate "$bare_rate" events/s '' ''
    figure bare_cpu "$bare_us" us/event '' ''
fi
wants acks && measure_acks
{ wants full || wants down; } && measure_full_way
wants down && measure_helpdesk_down
wants deliveries && measure_deliveries
wants decisions && measure_decisions
wants start && measure_start
wants long && measure_long
printf '%s\n' "${figures[@]}" | jq -s . >"$build/bench.json"
echo "written: $build/bench.json"
