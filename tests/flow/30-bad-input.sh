#!/bin/sh
# Whatever comes in wrong is refused with a problem document or one line that
# names the place and the remedy; the refusal is on record, nothing is lost,
# and the engine lives. S74, sec S7
. "$(dirname "$0")/lib.sh"
start_vendor
configure
start_engine
main_pid=$engine_pid

# refused NAME STATUS PART-OF-THE-DETAIL: of the last request
refused() {
    [ "$status" = "$2" ] || fail "$1: $status instead of $2: $(answer)"
    answer | jq -e '.status == '"$2"' and (.title | length > 0) and
        (.detail | length > 10)' >/dev/null ||
        fail "$1: no problem document: $(answer)"
    has "$1" "$(answer)" "$3"
}
refusals() { grep -c 'refused' "$home/usher.log"; }
before=$(refusals)
now=$(date +%s)

# Bytes that are no HTTP: an answer of 400 and a closed connection.
raw() {
    exec 3>&1
    printf "$1" | timeout 5 bash -c 'exec 4<>/dev/tcp/127.0.0.1/'"$public"'; cat >&4; cat <&4' 2>/dev/null | tr -d '\000' | head -c 400
}
has 'a method that nobody knows' "$(raw 'THIS IS NOT HTTP\r\n\r\n')" ' 501 '
has 'malformed HTTP' "$(raw 'POST\001 / HTTP/9.9 x\r\n\r\n')" 'HTTP/1.1 400 '
has 'two different lengths' "$(raw 'POST /v1/sources/web HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd')" ' 400 '
has 'length and chunks together' "$(raw 'POST /v1/sources/web HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')" ' 400 '
has 'what is malformed gets a problem document' "$(raw 'POST /v1/sources/web HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}')" 'application/problem+json'

SIGNATURE=bm90IHRoZSBzaWduYXR1cmUgb2YgdGhpcyBhdCBhbGwhISE= send b-1 "$(message b1 "$human")"
refused 'wrong signature' 401 signature
NOW=$((now - 3600)) send b-2 "$(message b2 "$human")"
refused 'stale timestamp' 401 'time'
# nothing signed, with or without a token: what the source would have to say
unsigned() { # [CURL ARGUMENTS]
    status=$(curl -s -m 20 -o "$home/answer" -w '%{http_code}' "$url/v1/sources/web" "$@" \
        -H 'Content-Type: application/json' -d "$(message b2 "$human")")
}
unsigned
refused 'no signature' 401 'webhook-signature header is missing'
has 'no signature: the other way' "$(answer)" 'verify = \"bearer\"'
unsigned -H "Authorization: Bearer $WEB_SECRET"
refused 'a token instead of a signature' 401 'verify = \"bearer\"'
unsigned -H 'webhook-signature: v1,bm8=' -H 'webhook-timestamp: 1' -H 'webhook-id: b-2'
refused 'signed, and wrongly' 401 'webhook-signature does not match'
case $(answer) in *bearer*) fail 'who signs is told of tokens' ;; esac
send b-3 "$(message b3 "$human")" /v1/sources/elsewhere
refused 'unknown source' 404 source
send b-4 '{"type":"usher.message","data":{'
refused 'invalid JSON' 400 JSON
send b-4a '[1,2'
refused 'invalid JSON, an array' 400 JSON
send b-4b '"text"'
refused 'JSON that is no object' 400 object
is 'and no word is missing behind it' "$(answer | jq -r .detail)" 'Nothing was kept: the body is no JSON object.'
send b-4c ''
refused 'an empty body' 400 JSON
send b-4d '{"type":"usher.message","type":"usher.message"}'
refused 'the same key twice' 400 twice
send b-5 '{"type":"usher.message","data":{"conversation_id":"b5","mode":"snapshot","messages":"hello"}}'
refused 'wrong type: messages' 422 messages
send b-5a '{"type":"usher.message","data":{"conversation_id":"b5a","mode":"snapshot","messages":[42]}}'
refused 'wrong type: a message' 422 messages
send b-5b '{"type":"usher.message","data":["b5b"]}'
refused 'wrong type: data' 422 conversation
send b-6 '{"type":"usher.message","data":{"conversation_id":"b6","mode":"snapshot","messages":[{"role":"wizard","content":"hello"}]}}'
refused 'unknown role' 422 role
send b-7 '{"type":"usher.message","data":{"mode":"snapshot","messages":[{"role":"user","content":"hello"}]}}'
refused 'missing identity' 422 conversation
send b-8 '{"type":"usher.message","data":{"conversation_id":"b8","mode":"append","messages":[{"role":"user","content":"hello"}]}}'
refused 'no place in the conversation' 422 first_index
send b-9 '{"type":"usher.unheard-of","data":{"conversation_id":"b9"}}'
[ "$status" -ge 400 ] || [ "$(stored "SELECT count(*) FROM handoff")" = 0 ] || fail "unknown type: $status"
ok 'an unknown type hands nothing over'

# Too many and too long.
{
    printf '{"type":"usher.message","data":{"conversation_id":"b10","mode":"snapshot","messages":['
    i=0
    while [ $i -lt 6000 ]; do
        [ $i -eq 0 ] || printf ,
        printf '{"role":"user","content":"hello"}'
        i=$((i + 1))
    done
    printf ']}}'
} >"$home/many"
post b-10 "$home/many"
refused 'too many messages' 422 'at most 2500'
{
    printf '{"type":"usher.message","data":{"conversation_id":"b11","mode":"snapshot","messages":[{"role":"user","content":"'
    head -c 400000 /dev/zero | tr '\0' a
    printf '"}]}}'
} >"$home/long"
post b-11 "$home/long"
refused 'too long a message' 422 'at most 65536'
head -c 20000000 /dev/zero | tr '\0' a >"$home/huge"
SIGNATURE=bm8= post b-12 "$home/huge"
refused 'a body of 20 MB' 413 'larger than 1048576 bytes'
has 'what changes the limit' "$(answer)" 'listen { body_max = ... }'
rm -f "$home/huge"

# Invalid UTF-8 inside a string.
printf '{"type":"usher.message","data":{"conversation_id":"b13","mode":"snapshot","messages":[{"role":"user","content":"caf\351"}]}}' >"$home/latin"
post b-13 "$home/latin"
refused 'invalid UTF-8' 400 UTF-8
i=0
{
    while [ $i -lt 5000 ]; do printf '['; i=$((i + 1)); done
} >"$home/deep"
post b-14 "$home/deep"
refused 'nested too deep' 400 JSON

[ "$(refusals)" -gt $((before + 15)) ] || fail 'the refusals are not on record'
ok 'the refusals are on record'
quiet
is 'nobody was handed over' "$(stored 'SELECT count(*) FROM handoff')" 0
is 'no ticket was made' "$(count_of ticket)" 0
is_dead && fail 'the engine died'
ok 'the engine lives'
send g-1 "$(message g1 "$human")"
is 'a good event is taken as before' "$status" 202
quiet
is 'and becomes a ticket' "$(count_of ticket)" 1

# Nobody knows who the customer is: handed over all the same. S74
send i-1 '{"type":"usher.message","data":{"conversation_id":"i1","mode":"append","first_index":0,"messages":[{"role":"user","content":"I want to talk to a real person"}]}}'
is 'missing identity of the customer: taken' "$status" 202
quiet
is 'missing identity of the customer: a ticket' "$(stored "SELECT count(*) FROM ticket WHERE conv = 'web:i1'")" 1

# --- what is wrong with the start ---------------------------------------------

# refuses NAME CODE PART ENV...: the engine does not start and says why in one
# line
refuses() {
    what=$1 want=$2 part=$3
    shift 3
    env "$@" timeout 20 "$USHER" serve -c "$home/other.conf.lua" \
        >"$home/said" 2>&1 </dev/null
    code=$?
    [ $code = "$want" ] || fail "$what: it ended with $code: $(cat "$home/said")"
    grep -v '^{' "$home/said" >"$home/line"
    [ "$(wc -l <"$home/line")" = 1 ] || fail "$what: not one line: $(cat "$home/said")"
    has "$what" "$(cat "$home/line")" "$part"
}
other() { # SED-EXPRESSION: the same configuration with one thing wrong
    sed -e "s/127.0.0.1:$public/127.0.0.1:0/" -e "s/admin\.sock/other.sock/" \
        -e "$1" "$home/usher.conf.lua" >"$home/other.conf.lua"
}
other ''
refuses 'a second engine on the same file' 4 usher.db A=b
other 's/usher\.db/other.db/; s/^workers.*/workers(/'
refuses 'broken configuration: syntax' 3 other.conf.lua: A=b
other 's/usher\.db/other.db/; s/reply_url/repply_url/'
refuses 'broken configuration: unknown key' 3 repply_url A=b
other 's/usher\.db/other.db/; s/^workers.*/wokers(2)/'
refuses 'broken configuration: unknown word' 3 wokers A=b
other 's/usher\.db/other.db/; s/"custom"/"costum"/'
refuses 'broken configuration: unknown adapter' 3 'no source adapter "costum"; did you mean custom?' A=b
other 's/usher\.db/other.db/; s/"zendesk"/"front-office"/'
refuses 'broken configuration: another unknown adapter' 3 'no helpdesk adapter "front-office"; there are desk, dixa, intercom, request-tracker, zendesk' A=b
other 's/usher\.db/other.db/; s/default_group.*/default_group "nobody"/'
refuses 'broken configuration: unknown group' 3 'group "nobody" is not in groups { ... }; it names billing, legal, security, support, tier2' A=b
other 's/usher\.db/other.db/; s/^policy.*/policy "nowhere"/'
refuses 'missing rules' 3 "other.conf.lua:4: policy \"$home/nowhere\": No such file or directory; name the folder with the rules, or make one with usher init" A=b
other 's/usher\.db/other.db/'
refuses 'missing secret' 3 WEB_SECRET WEB_SECRET=
refuses 'missing secret, not set at all' 3 WEB_SECRET -u WEB_SECRET
head -c 8192 /dev/urandom >"$home/broken.db"
other 's/usher\.db/broken.db/'
refuses 'unreadable database' 4 broken.db A=b
other 's,"[^"]*usher\.db","/proc/nowhere/usher.db",'
refuses 'a database that cannot be made' 4 /proc/nowhere A=b
rm -f "$home/other.conf.lua"
other 's/usher\.db/other.db/; s/127.0.0.1:0/127.0.0.1:'"$public"'/'
refuses 'an address that is taken' 4 "other.conf.lua:1: cannot listen on 127.0.0.1:$public: Address already in use; another program, or another usher, has it: stop that one, or change listen" A=b
other "s/usher\.db/other.db/; s/^admin.*/admin { address = \"127.0.0.1:$public\", token = secret \"WEB_SECRET\", socket = \"other.sock\" }/"
refuses 'an address for administration that is taken' 4 'other.conf.lua:2: cannot listen on' A=b
has 'and what to do' "$(cat "$home/line")" 'or change admin { address = ... }'

is 'the first engine is still the same' "$engine_pid" "$main_pid"
send g-2 "$(message g2 "$human")"
is 'and takes events' "$status" 202
quiet
is 'and makes tickets' "$(count_of ticket)" 3
stop_engine
is 'and stops in order' "$status" 0
