#!/bin/bash
# bench.sh BUILD: what the engine does in a second, each figure beside a
# reference measured in the same run. Prints a table and writes
# BUILD/bench.json. Loopback only; about three minutes.
#   BENCH_SECONDS=5   of each load (after a second of warm-up)
#   BENCH_ROUNDS=2    how often the loads take turns; figures are means
#   BENCH_ONLY=name   a part (load down deliveries decisions backtest start
#                     long) or a figure's name
# used_by_others is the share of the cores that went to anything but the bench:
# with more than a few per cent, measure again.
# Its exit status says whether all was measured, not whether bars are met.
set -u
LC_ALL=C
export LC_ALL
build=${1:?the build folder}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
seconds=${BENCH_SECONDS:-5}
rounds=${BENCH_ROUNDS:-2}
only=${BENCH_ONLY:-}
home=$(mktemp -d "${TMPDIR:-/tmp}/usher-bench.XXXXXX")
WEB_SECRET="whsec_$(openssl rand -base64 32)"
export WEB_SECRET
port=$((20000 + $$ % 4000 * 2))
vendor_port=$((port + 1))
engine='' vendor='' bare='' runs=0 faults=0
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
    [ ! -s "$home/usher.log" ] || tail -n 5 "$home/usher.log" >&2
    exit 1
}
# What was measured counts less than it says: told, and the end is not 0.
fault() {
    echo "bench: $*" >&2
    faults=$((faults + 1))
}

# --- what runs -----------------------------------------------------------------

within() { # SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -le $until ] || return 1
        sleep 0.1
    done
}
control() { curl -sf -m 5 "http://127.0.0.1:$vendor_port/control" -d "$1"; }
start_vendor() {
    "$build/fake-vendor" "$vendor_port" "$@" 2>vendor.log &
    vendor=$!
    within 10 control '{}' || die 'the vendor did not start'
}
stop_vendor() {
    end "$vendor" KILL
    vendor=''
}
configure() { # [plain]: without an address for replies
    sed "s/18088/$port/; s/18089/$vendor_port/" "$here/usher.conf.lua" |
        if [ "${1:-}" = plain ]; then grep -v reply_url; else cat; fi >usher.conf.lua
    rm -rf rules
    cp -r "$here/rules" rules
}
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
    [ -n "$engine" ] || return 0
    kill -0 "$engine" 2>/dev/null || fault "the engine ended by itself: $(tail -n 1 usher.log)"
    end "$engine" TERM
    engine=''
    ! grep -q 'decision.failed' usher.log 2>/dev/null || fault "rules failed: $(grep -m 1 'decision.failed' usher.log)"
    rm -f usher.log
}
fresh() { # [plain]: no events, no tickets
    stop_engine
    stop_vendor
    rm -f usher.db* admin.sock pss
    configure "${1:-}"
}
scene() { # the whole of it, warmed up; PERCENT escalate in the warm-up
    fresh
    start_vendor
    start_engine
}
launch_bare() {
    "$build/bare" --port "$port" --file bare.db &
    bare=$!
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
start_bare() {
    stop_engine
    stop_vendor
    launch_bare
    within 10 listens || die 'the reference did not start'
}
stop_bare() {
    end "$bare" KILL
    bare=''
    rm -f bare.db*
}
feed() { # OPTIONS...: its JSON
    runs=$((runs + 1))
    "$build/feed" --port "$port" --prefix "r$runs" "$@"
}
# warm_up PERCENT, load PERCENT [MORE...]: 64 connections, 4 KB, signed
warm_up() { feed --seconds 1 --mix --escalate "$1" >/dev/null; }
load() { feed --seconds "$seconds" --mix --escalate "$@" >report; }
said() { jq -r "$1" report; } # of the last load
all_accepted() {
    [ "$(said '.ok > 0 and .refused + .broken == 0')" = true ] || fault "$1: $(cat report)"
}
stored() { sqlite3 -readonly usher.db "$1"; }
open_events() { stored "SELECT count(*) FROM inbound_event WHERE state IN ('NEW', 'RETRY')"; }
open_deliveries() { stored "SELECT count(*) FROM delivery WHERE state <> 'DONE'"; }
applied() { [ "$(open_events)" = 0 ]; }
settled() { applied && [ "$(open_deliveries)" = 0 ]; }
tickets() { control '{}' | jq .tickets; }
tickets_are() { [ "$(tickets)" -ge "$1" ]; }

# --- what is measured ------------------------------------------------------------

family() { # the engine, its zygote, the workers
    local zygote
    zygote=$(pgrep -P "$engine")
    # shellcheck disable=SC2086
    echo "$engine" $zygote $(pgrep -P "${zygote:-0}")
}
cpu_of() { # PID: ticks of a process
    awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}
cpu_all() { # ticks of all, of workers that were replaced too
    local p sum=0 n
    for p in $(family); do
        n=$(awk -v main="$engine" '{ sub(/^.*\) /, ""); print $12 + $13 + ($2 == main ? $14 + $15 : 0) }' \
            "/proc/$p/stat" 2>/dev/null)
        sum=$((sum + ${n:-0}))
    done
    echo $sum
}
cpu_us() { # the engine's own process, by the scheduler's clock
    cat "/proc/$engine"/task/*/schedstat | awk '{ s += $1 } END { printf "%.0f", s / 1000 }'
}
pss() { # PID...: MiB
    local p
    for p in "$@"; do cat "/proc/$p/smaps_rollup"; done 2>/dev/null |
        awk '/^Pss:/ { s += $2 } END { printf "%.1f", s / 1024 }'
}
watch_pss() { # FILE: every half second, until it is ended
    while sleep 0.5; do
        # shellcheck disable=SC2046
        pss $(family) >>"$1"
        echo >>"$1"
    done
}
calc() { awk "BEGIN { printf \"%.${2:-2}f\", ($1) }"; }
now() { echo "$EPOCHREALTIME"; }
us_each() { calc "$1 * 1e6 / $ticks / $2" 1; } # TICKS EVENTS

# note NAME VALUE: of one round; mean and most over the rounds
declare -A noted
note() { noted[$1]+=" $2"; }
mean() { awk -v digits="${2:-1}" '{ for (i = 1; i <= NF; i++) s += $i; if (NF) printf "%.*f", digits, s / NF }' <<<"${noted[$1]:-}"; }
most() { tr ' ' '\n' <<<"${noted[$1]:-}" | sort -n | tail -n 1; }

figures=()
# figure NAME VALUE UNIT REFERENCE BAR(an awk condition on v and r, or empty)
figure() {
    local ratio=null ok=null word=''
    [ -n "$2" ] || die "$1: not measured"
    [ -z "$4" ] || ratio=$(calc "$2 / $4" 3)
    [ -z "$5" ] || ok=$(awk -v v="$2" -v r="$ratio" "BEGIN { print ($5) ? \"true\" : \"false\" }")
    [ "$ok" != true ] || word=met
    [ "$ok" != false ] || word='NOT MET'
    figures+=("{\"name\":\"$1\",\"value\":$2,\"unit\":\"$3\",\"reference\":${4:-null},\"ratio\":$ratio,\"bar\":\"$5\",\"ok\":$ok}")
    printf '%-24s %10s %-9s %10s %8s  %-24s %s\n' "$1" "$2" "$3" "${4:--}" "${ratio/null/-}" "$5" "$word"
}
# wants PART FIGURE...: the part or one of its figures is asked for, or all
wants() {
    local name
    [ -n "$only" ] || return 0
    for name in "$@"; do [ "$only" != "$name" ] || return 0; done
    return 1
}

round_bare() {
    local before
    start_bare
    note bare_idle "$(pss "$bare")"
    warm_up 33
    before=$(cpu_of "$bare")
    load 33
    all_accepted bare
    note bare_rate "$(said .rate)"
    note bare_p99 "$(said .p99_ms)"
    note bare_us "$(us_each $(($(cpu_of "$bare") - before)) "$(said .ok)")"
    note bare_pss "$(pss "$bare")"
    stop_bare
}

round_acks() {
    scene
    warm_up 0
    load 0
    all_accepted acks
    note acks_rate "$(said .rate)"
    note acks_p99 "$(said .p99_ms)"
}

round_full() {
    local before began made expected watching
    scene
    sleep 0.5
    # shellcheck disable=SC2046
    note idle_pss "$(pss $(family))"
    warm_up 33
    within 60 settled || die 'the warm-up did not settle'
    made=$(tickets)
    before=$(cpu_all)
    began=$(now)
    watch_pss pss &
    watching=$!
    load 33
    end $watching TERM
    all_accepted 'full way'
    expected=$((made + $(said .escalating)))
    within 120 tickets_are $expected || die "$(tickets) tickets of $expected"
    within 60 settled || die 'the load did not settle'
    note full_rate "$(calc "$(said .ok) / ($(now) - $began)" 1)"
    note full_pss "$(sort -n pss | tail -n 1)"
    note full_us "$(us_each $(($(cpu_all) - before)) "$(said .ok)")"
    note full_acks "$(said .rate)"
    note full_p99 "$(said .p99_ms)"
    [ "$(tickets)" = $expected ] || fault "$(tickets) tickets of $expected"
}

round_down() {
    scene
    control '{"fault":"503","every":1,"on":"ticket"}' >/dev/null
    warm_up 33
    load 33
    all_accepted 'helpdesk down'
    note down_acks "$(said .rate)"
}

# Acknowledgements of both at one rate, which the engine can hold.
measure_paced() {
    local rate
    rate=$(calc "$(mean full_acks) * 0.7" 0)
    start_bare
    warm_up 33
    load 33 --rate "$rate"
    all_accepted 'bare, paced'
    note bare_paced "$(said .p99_ms)"
    stop_bare
    scene
    warm_up 33
    within 60 settled || die 'the warm-up did not settle'
    load 33 --rate "$rate"
    all_accepted 'full way, paced'
    note full_paced "$(said .p99_ms)"
    figure paced_rate "$rate" events/s '' ''
    figure ack_p99_paced "$(mean full_paced 2)" ms "$(mean bare_paced 2)" ''
}

measure_loads() {
    local left
    for ((left = rounds; left > 0; left--)); do
        round_bare
        if wants load ack_rate ack_p99; then round_acks; fi
        round_full
        if wants load ack_rate_503; then round_down; fi
    done
    stop_engine
    figure bare_rate "$(mean bare_rate)" events/s '' ''
    if wants load ack_rate ack_p99; then
        figure ack_rate "$(mean acks_rate)" events/s "$(mean bare_rate)" 'v >= 10000 && r >= 0.7'
        figure ack_p99 "$(mean acks_p99 2)" ms "$(mean bare_p99 2)" ''
    fi
    figure full_way_rate "$(mean full_rate)" events/s "$(mean bare_rate)" 'r >= 0.40'
    figure full_way_ack_rate "$(mean full_acks)" events/s "$(mean bare_rate)" ''
    figure full_way_ack_p99 "$(mean full_p99 2)" ms "$(mean bare_p99 2)" 'r <= 1.2'
    figure cpu_us_per_event "$(mean full_us)" us "$(mean bare_us)" 'v <= 150'
    if [ "$(most idle_pss)" = 0.0 ]; then
        fault 'the memory of processes that are not dumpable is told to root only'
    else
        figure pss_idle_mib "$(most idle_pss)" MiB "$(most bare_idle)" 'v <= 20'
        figure pss_load_mib "$(most full_pss)" MiB "$(most bare_pss)" 'v <= 60'
    fi
    if wants load ack_rate_503; then
        figure ack_rate_503 "$(mean down_acks)" events/s "$(mean full_acks)" 'r >= 0.9'
    fi
    if wants load ack_p99; then measure_paced; fi
}

# A backlog made while there is no helpdesk, then how fast it goes out. The
# reference sends the like of them straight to the helpdesk, 64 at a time.
measure_deliveries() {
    local from to sent
    fresh plain
    start_engine
    feed --size 1024 --count 8000 --seconds 60 --escalate 100 >report
    within 60 applied || die 'the backlog was not made'
    stop_engine
    start_vendor --delay-ms 5
    start_engine
    within 60 tickets_are 1000 || die 'no tickets'
    from="$(now) $(tickets)"
    within 60 tickets_are 7000 || die "$(tickets) tickets of 7000"
    to="$(now) $(tickets)"
    stop_engine
    stop_vendor
    start_vendor --delay-ms 5
    sent=$("$build/feed" --port "$vendor_port" --tickets --size 2048 --seconds 2 | jq .rate)
    figure ticket_deliveries "$(echo "$from $to" | awk '{ printf "%.0f", ($4 - $2) / ($3 - $1) }')" \
        tickets/s "$sent" 'v >= 2000'
}

measure_decisions() {
    "$build/bench-decide" "$here/rules" "$seconds" >report || die 'bench-decide failed'
    figure decisions_per_worker "$(said .pool)" calls/s "$(said .plain)" 'v >= 12000'
}

# Ten thousand recordings of 14 messages, which the AI keeps to the end, beside
# one plain Lua state that walks them: under the full policy of the examples,
# and under the rules of the bench; by all cores, and everything on one. Two
# policies of the same rules, but not of the same text, are walked both.
backtest() { # NAME OLD NEW COMMAND...: conversations a second
    local name=$1 old=$2 new=$3
    shift 3
    "$@" backtest --old "$old" --new "$new" walks.jsonl >/dev/null 2>speed ||
        die "usher backtest: $(cat speed)"
    note "$name" "$(awk '{ print $6 }' speed)"
}
plainly() { # NAME RULES
    "$build/bench-walk" plain "$2" walks.jsonl >report || die 'bench-walk failed'
    note "$1" "$(said .plain)"
}
measure_backtest() {
    local full="$here/../../examples/policies/full"
    "$build/bench-walk" make 10000 >walks.jsonl || die 'bench-walk failed'
    cp -r "$here/rules" other-rules
    for file in other-rules/*.lua; do echo '-- other' >>"$file"; done
    for i in 1 2; do
        plainly full_plain "$full"
        backtest full_one "$full" "$full" "$build/usher"
        backtest full_core "$full" "$full" taskset -c 0 "$build/usher"
        plainly walks_plain "$here/rules"
        backtest walks_one "$here/rules" "$here/rules" "$build/usher"
        backtest walks_both "$here/rules" other-rules "$build/usher"
        backtest walks_core "$here/rules" "$here/rules" taskset -c 0 "$build/usher"
    done
    figure backtest_full "$(mean full_one 0)" convs/s "$(mean full_plain 0)" 'v >= 6000'
    figure backtest_full_core "$(mean full_core 0)" convs/s "$(mean full_plain 0)" 'r >= 0.6'
    figure backtest_24 "$(mean walks_one 0)" convs/s "$(mean walks_plain 0)" ''
    figure backtest_24_both "$(mean walks_both 0)" convs/s "$(mean walks_plain 0)" ''
    figure backtest_24_core "$(mean walks_core 0)" convs/s "$(mean walks_plain 0)" ''
}

first_answer() { # COMMAND: ms until the first 2xx after it was started
    local began
    began=$(now)
    "$1"
    feed --connections 1 --size 512 --count 1 --seconds 10 --patient >/dev/null || die 'no 2xx'
    calc "($(now) - $began) * 1000" 0
}
measure_start() {
    local i
    fresh
    for i in 1 2 3 4 5; do
        rm -f usher.db*
        first_answer launch >took
        note start_engine "$(cat took)"
        stop_engine
        first_answer launch_bare >took
        note start_bare "$(cat took)"
        stop_bare
    done
    figure first_2xx_ms "$(mean start_engine 0)" ms "$(mean start_bare 0)" 'v <= 150'
}

# grow NAME FIRST COUNT OVER: so many messages of the customer's, one an event
grow() {
    feed --connections 1 --size 400 --seconds 60 --same "$1" --first "$2" --count "$3" --over "$4" >report
    all_accepted "conversation $1"
    within 60 applied || die "conversation $1 was not applied"
    sleep 0.2
}
cost() { # as grow: us of the engine's own process an event
    local before
    before=$(cpu_us)
    grow "$@"
    calc "($(cpu_us) - $before) / $3" 1
}
# Messages 8 to 12 of sixty conversations, 1,000 to 1,300 of one, in turns.
measure_long() {
    local i
    scene
    grow short 0 480 60
    grow long 0 1000 1
    for i in 0 1 2; do
        note short_us "$(cost short $((480 + i * 100)) 100 60)"
        note long_us "$(cost long $((1000 + i * 100)) 100 1)"
    done
    [ "$(stored "SELECT count(*) FROM message WHERE conv LIKE '%long-0'")" = 1300 ] ||
        fault 'the long conversation has other than 1,300 messages'
    [ "$(tickets)" = 0 ] || fault "handed over: $(stored "SELECT conv, outcome FROM decision WHERE action <> 'keep' LIMIT 1")"
    figure cpu_us_1000_messages "$(mean long_us)" us "$(mean short_us)" 'r <= 3'
}

# used: ticks that the machine worked, that it could have, and that were ours.
# The rest is somebody else's, and the kernel's for itself.
used() {
    awk '/^cpu / { printf "%d %d ", $2 + $3 + $4 + $7 + $8 + $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat
    awk '{ sub(/^.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$$/stat"
}
began_used=$(used)
others() {
    echo "$began_used $(used)" | awk '{ printf "%.0f", 100 * (($4 - $1) - ($6 - $3)) / ($5 - $2) }'
}

printf 'on %s, %s cores, %s, the load generator and the fake helpdesk included\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)"
printf '%-24s %10s %-9s %10s %8s  %-24s\n' figure value unit reference ratio bar
if wants load ack_rate ack_p99 full_way_rate full_way_ack_rate full_way_ack_p99 \
    cpu_us_per_event pss_idle_mib pss_load_mib ack_rate_503; then
    measure_loads
fi
if wants deliveries ticket_deliveries; then measure_deliveries; fi
if wants decisions decisions_per_worker; then measure_decisions; fi
if wants backtest backtest_full backtest_full_core backtest_24 backtest_24_both backtest_24_core; then measure_backtest; fi
if wants start first_2xx_ms; then measure_start; fi
if wants long cpu_us_1000_messages; then measure_long; fi
stop_engine
stop_vendor
[ ${#figures[@]} -gt 0 ] || die "no figure is called $only"
figure used_by_others "$(others)" % '' ''
printf '%s\n' "${figures[@]}" | jq -s . >"$build/bench.json" || die 'bench.json was not written'
echo "written: $build/bench.json"
[ $faults -eq 0 ]
