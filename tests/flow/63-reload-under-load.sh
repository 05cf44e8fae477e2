#!/bin/sh
# Rules change over and over while events pour in: no request fails, no
# decision comes from half a policy, every refusal is explained. N2
#   RELOADS=60   how many (1,000 in the long checks)
. "$(dirname "$0")/lib.sh"
reloads=${RELOADS:-60}
start_vendor
mkdir "$home/rules"
good() { # N
    cat >"$home/rule.new" <<EOF
rule "parcels of v$1" {
  when = says { "person", "human" },
  escalate = { reason = "parcel", next_step = "Look.", tags = { "v$1" } },
}
EOF
    mv "$home/rule.new" "$home/rules/20-rule.lua"
}
good 0
configure
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
hash >"$home/good"

"$BUILD_DIR/feed" --port "$public" --connections 8 --size 1024 --seconds 3600 \
    --escalate 20 --prefix load --rate 200 >"$home/report" 2>"$home/feed.log" &
feed=$!
catcher_pids="$catcher_pids $feed" # ended with the others

n=0 rejected=0
while [ $n -lt "$reloads" ]; do
    n=$((n + 1))
    case $((n % 4)) in
        0)
            want=instructions
            echo 'while true do end' >"$home/rules/30-more.lua"
            ;;
        1)
            want=''
            good $n
            ;;
        2)
            want=30-more.lua:1
            printf 'rule "half' >"$home/rules/30-more.lua"
            ;;
        3)
            want=next_step
            echo 'rule "x" { when = says { "y" }, escalate = { reason = "r" } }' >"$home/rules/30-more.lua"
            ;;
    esac
    code=$(ask /v1/policy/reload -X POST -o "$home/said" -w '%{http_code}')
    if [ -z "$want" ]; then
        [ "$code" = 200 ] || fail "reload $n: $(cat "$home/said")"
        hash >>"$home/good"
    else
        [ "$code" = 422 ] || fail "reload $n was taken: $(cat "$home/said")"
        grep -q "$want" "$home/said" || fail "reload $n: no $want in $(cat "$home/said")"
        rejected=$((rejected + 1))
    fi
    rm -f "$home/rules/30-more.lua"
done
ok "N2 $((n - rejected)) good ones came into force, $rejected bad ones were refused and explained"

kill -0 $feed || fail "the load ended by itself: $(cat "$home/feed.log")"
kill -TERM $feed
wait $feed
is 'N2 no request failed' "$(jq -c '[.refused, .overload, .broken]' "$home/report")" '[0,0,0]'
[ "$(jq .ok "$home/report")" -gt 20 ] || fail "hardly any load: $(cat "$home/report")"
quiet 60
stored 'SELECT DISTINCT policy_sha FROM decision' >"$home/used"
sort -u "$home/good" >"$home/good.all"
is 'N2 no decision is by rules that were refused' "$(sort -u "$home/used" | comm -23 - "$home/good.all")" ''
[ "$(wc -l <"$home/used")" -gt 1 ] || fail 'one policy decided all'
[ "$(stored "SELECT count(*) FROM decision WHERE why = 'error'")" = 0 ] ||
    fail "N2 something failed safe: $(grep -m 3 '"decision.failed"' "$home/usher.log")"
ok 'N2 nothing failed safe'
is 'N2 no decision mixes two policies' "$(stored "SELECT count(*) FROM (SELECT policy_sha FROM decision WHERE
    action = 'escalate' GROUP BY policy_sha HAVING count(DISTINCT json_extract(outcome, '$.rule')) > 1)")" 0
is 'nor its rule and its tag' "$(stored "SELECT count(*) FROM decision WHERE action = 'escalate' AND
    instr(outcome, '\"' || replace(json_extract(outcome, '$.rule'), 'parcels of ', '') || '\"') = 0")" 0
stop_engine
