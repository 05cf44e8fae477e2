# shellcheck shell=sh disable=SC2154
# rt-lib.sh: a throw-away Request Tracker, a usher in front of it and signed
# events, for rt.sh. Everything lives in $home; nothing outlives the script.

# What the two said last comes first, so that the reason is the last line.
fail() {
    for log in rt usher; do
        [ -s "$home/$log.log" ] || continue
        echo "--- the end of $log.log:"
        tail -n 20 "$home/$log.log"
    done >&2
    not_ok "$*"
    exit 1
}

ok() {
    passed=$((passed + 1))
    echo "ok $*"
}

not_ok() {
    failed=$((failed + 1))
    echo "not ok $*"
}

# The smaller of this many seconds and what is left of the run.
at_most() {
    left_s=$((run_end - $(date +%s)))
    [ "$left_s" -gt 0 ] || left_s=1
    echo $((left_s < $1 ? left_s : $1))
}

# Try a command until it works: until_within SECONDS COMMAND...
until_within() {
    until_end=$(($(date +%s) + $(at_most "$1")))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$until_end" ] || return 1
        sleep 0.2
    done
}

# A port nobody listens on, of those that the system does not give to outgoing
# connections; the first one to be tried differs from run to run.
free_port() {
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000)) ports=0
    while curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$port/"; [ $? -ne 7 ]; do
        ports=$((ports + 1)) port=$((port < 31999 ? port + 1 : 20000))
        [ $ports -lt 50 ] || fail "no free port near $port"
    done
    echo $port
}

# --- Request Tracker --------------------------------------------------------

# Root lends itself to nobody; everyone else runs it as oneself.
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    fi
    exec "$@"
}

rt_env() {
    RT_STATE=$rt RT_PORT=$rt_port RT_SITE_CONFIG=$rt/RT_SiteConfig.pm
    RT_SITE_CONFIG_DIR=$rt/conf.d HOME=$rt TMPDIR=$rt/var
    export RT_STATE RT_PORT RT_SITE_CONFIG RT_SITE_CONFIG_DIR HOME TMPDIR
    cd "$rt" || exit
}

rt_setup() {
    (rt_env && as_nobody timeout "$(at_most 90)" /usr/sbin/rt-setup-database-5 \
        --skip-create --dba '' "$@") >>"$home/rt.log" 2>&1
}

rt_make() {
    mkdir -p "$rt/conf.d" "$rt/mason" "$rt/session" "$rt/var"
    echo '1;' >"$rt/RT_SiteConfig.pm"
    printf %s "$rt_root" >"$rt/rootpw"
    cp "$here/rt-site.pm" "$rt/conf.d/10-usher.pm"
    cp "$here/rt-data.pl" "$rt/initialdata.pl"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$home"
        chown -R nobody:nogroup "$rt"
        (as_nobody test -w "$rt") || fail "nobody may not write to $rt; set TMPDIR to a place where it may"
    fi
    rt_setup --action init --root-password-file "$rt/rootpw" &&
        rt_setup --action insert --datafile "$rt/initialdata.pl"
}

# As root of RT, so that what is read does not depend on the rights of the
# user under test: rt_get PATH [curl options].
rt_get() {
    rt_path=$1
    shift
    curl -sf --max-time "$(at_most 20)" -u "root:$rt_root" -H 'Accept: application/json' "$@" \
        "http://127.0.0.1:$rt_port/REST/2.0$rt_path"
}

rt_answers() {
    kill -0 "$rt_pid" 2>/dev/null || fail "Request Tracker ended by itself"
    rt_get /rt >/dev/null
}

# rt_set TICKET JSON: as a person would change it there.
rt_set() {
    rt_get "/ticket/$1" -X PUT -H 'Content-Type: application/json' --data "$2" >/dev/null
}

# Whom the server belongs to.
rt_user() { stat -c %U "/proc/$rt_pid"; }

# A session of its own: the server and its workers end together.
rt_start() {
    (rt_env && as_nobody setsid /usr/share/request-tracker5/libexec/rt-server \
        --host 127.0.0.1 --port "$rt_port" --max-workers 2) >>"$home/rt.log" 2>&1 &
    rt_pid=$!
    until_within 60 rt_answers
}

rt_kill() {
    [ -n "$rt_pid" ] || return 0
    kill -KILL "-$rt_pid" 2>/dev/null || kill -KILL "$rt_pid" 2>/dev/null || true
    wait "$rt_pid" 2>/dev/null || true
    rt_pid=
}

# Every ticket there is, as one JSON list, lowest id first.
rt_tickets() {
    rt_get /tickets -G --data-urlencode 'query=id > 0' --data-urlencode orderby=id \
        --data-urlencode per_page=100 \
        --data-urlencode 'fields=Status,Subject,Priority,Queue,Requestor,CustomFields' |
        jq -ce '.items'
}

# What was written into one ticket, and its files, each after the other; not
# the mails RT makes of it.
rt_texts() {
    written=$(rt_get "/ticket/$1/history?fields=Type&per_page=100" |
        jq -c '[.items[] | select(.Type | IN("Create", "Comment", "Correspond")) | .id]')
    for part in $(rt_get "/ticket/$1/attachments?fields=TransactionId&per_page=100" |
        jq -r --argjson in "$written" '.items[] |
            select(.TransactionId as $t | $in | index([$t])) | .id'); do
        rt_get "/attachment/$part" | jq -r '.Content // "" | gsub("\\s"; "") | @base64d'
    done
}

# --- usher ------------------------------------------------------------------

usher_answers() {
    kill -0 "$usher_pid" 2>/dev/null || fail "usher ended by itself"
    curl -sf -o /dev/null --max-time 2 "$usher_url/healthz"
}

usher_start() {
    (cd "$home" && exec "$usher" serve -c usher.conf.lua --log text) 2>>"$home/usher.log" &
    usher_pid=$!
    until_within 20 usher_answers
}

usher_kill() {
    [ -n "$usher_pid" ] || return 0
    kill -KILL "$usher_pid" 2>/dev/null || true
    wait "$usher_pid" 2>/dev/null || true
    usher_pid=
}

usher_ask() {
    curl -sf --max-time 5 --unix-socket "$home/admin.sock" "http://localhost$1"
}

# What the store holds, asked beside the engine or without it.
stored() { sqlite3 -cmd '.timeout 5000' "$home/usher.db" "$1"; }

# One signed event: send WEBHOOK_ID FILE.
send() {
    now=$(date +%s)
    signature=$({ printf '%s.%s.' "$1" "$now" && cat "$2"; } |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$web_key" -binary | openssl base64 -A)
    code=$(curl -s -o "$home/answer" -w '%{http_code}' --max-time "$(at_most 20)" "$usher_url/v1/sources/web" \
        -H 'Content-Type: application/json' -H "webhook-id: $1" -H "webhook-timestamp: $now" \
        -H "webhook-signature: v1,$signature" -H 'Expect:' --data-binary "@$2") || true
    case $code in
    2??) ok "event $1 taken ($code)" ;;
    *) fail "event $1: answered $code $(head -c 300 "$home/answer" 2>/dev/null)" ;;
    esac
}
