#!/bin/sh
# The walls of the house: an include points down a layer or into its own
# folder; siblings (http, store, script) never see each other; there is no
# circle; library headers stay in their rooms; vendors' names stay out of C.
# LAYERS_ROOT=dir checks another tree (the test of this test).
set -eu
root=${LAYERS_ROOT:-engine}
bad=0
complain() {
    echo "layers: $*" >&2
    bad=1
}

allowed() {
    case $1 in
    base) echo "base" ;;
    model) echo "model base" ;;
    http) echo "http model base" ;;
    store) echo "store model base" ;;
    script) echo "script model base" ;;
    flow) echo "flow http store script model base" ;;
    cli) echo "cli flow http store script model base" ;;
    esac
}

for file in $(find "$root" -name '*.[ch]' | sort); do
    layer=${file#"$root"/}
    layer=${layer%%/*}
    ok=" $(allowed "$layer") "
    for inc in $(sed -n 's/^# *include "\([^"]*\)".*/\1/p' "$file"); do
        to=${inc%%/*}
        case $ok in
        *" $to "*) ;;
        *) complain "$file includes $inc: $layer may see only:$ok" ;;
        esac
        [ -f "$root/$inc" ] || complain "$file includes $inc, which is not there"
    done
    for lib in $(sed -n 's/^# *include <\([^>]*\)>.*/\1/p' "$file"); do
        case $lib in
        event2/* | llhttp.h | llhttp/* | curl/*) rooms="http" ;;
        sqlite3.h) rooms="store/db_sqlite.c" ;;
        libpq-fe.h) rooms="store/db_pgsql.c" ;;
        lua.h | lauxlib.h | lualib.h | seccomp.h | pcre2.h | gumbo.h | cmark.h)
            rooms="script" ;;
        yajl/*) rooms="base/json_events.h" ;;
        jansson.h) rooms="base model flow cli" ;;
        msgpack.h | msgpack/*) rooms="base model script" ;;
        openssl/*) rooms="base http" ;;
        libical/*) rooms="flow/holidays.c" ;;
        *) continue ;;
        esac
        inside=0
        for room in $rooms; do
            case ${file#"$root"/} in
            "$room"/* | "$room") inside=1 ;;
            esac
        done
        [ $inside = 1 ] || complain "$file includes <$lib>: it belongs in $rooms"
    done
done

# Circles among headers: take away headers without remaining edges until
# nothing changes; what is left goes in a circle.
edges=$(for h in $(find "$root" -name '*.h' | sort); do
    for inc in $(sed -n 's/^# *include "\([^"]*\)".*/\1/p' "$h"); do
        echo "${h#"$root"/} $inc"
    done
done)
left=$(printf '%s\n' "$edges" | awk 'NF == 2 && $1 != $2' | tsort 2>&1 >/dev/null || true)
[ -z "$left" ] || complain "headers include each other in a circle: $left"

for file in $(find "$root" -name '*.[ch]' | sort); do
    if grep -niE '\b(zendesk|intercom|freshdesk|salesforce|zoho|dixa|dialogflow|watsonx|liveperson|chatwoot)\b' "$file"; then
        complain "$file names a vendor; vendors live in adapters/"
    fi
done
long=$(find "$root" -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 800 {print $2 " (" $1 ")"}')
[ -z "$long" ] || complain "files over 800 lines: $long"
exit $bad
