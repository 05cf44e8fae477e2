#!/bin/sh
# P10 a language switch after the hand-over: a tag is added to the ticket and its
# reader is told, once for each language, whatever becomes of the requests; no
# second ticket.
. "$(dirname "$0")/lib.sh"
start_vendor
mkdir "$home/rules"
cat >"$home/rules/10-rules.lua" <<'EOR'
rule "our own desk" { when = says "own desk", escalate = { reason = "desk", helpdesk = "own", next_step = "Reply." } }
rule "Intercom" { when = says "to intercom", escalate = { reason = "ic", helpdesk = "ic", next_step = "Reply." } }
rule "Dixa" { when = says "to dixa", escalate = { reason = "dx", helpdesk = "dx", next_step = "Reply." } }
rule "asks for a person" { when = asks_for_human(), escalate = { reason = "customer_request", next_step = "Reply." } }
EOR
configure "default_helpdesk \"zd\"
helpdesk \"own\" { adapter = \"desk\" }
helpdesk \"ic\" {
  adapter = \"intercom\", token = secret \"ZD_TOKEN\", admin_id = \"991\", ticket_type_id = \"88\",
  tags = { [\"language:es\"] = \"7522908\" },
  url = \"http://127.0.0.1:$vendor_port\", lag_s = 1, allow_private = true, allow_plain = true,
}
helpdesk \"dx\" {
  adapter = \"dixa\", token = secret \"ZD_TOKEN\", email_integration = \"s@email.dixa.test\",
  url = \"http://127.0.0.1:$vendor_port\", lag_s = 1, allow_private = true, allow_plain = true,
}"
sed -i "s#^policy .*#policy \"$home/rules\"#" "$home/usher.conf.lua"
start_engine
say() { # CONVERSATION LANGUAGE TEXT [MORE MEMBERS OF DATA]; a language of "-" is not told
    count=$((${count:-0} + 1))
    language=",\"language\":\"$2\""
    [ "$2" != - ] || language=
    send "s-$count" "{\"type\":\"usher.message\",\"data\":{\"conversation_id\":\"$1\",\"channel\":\"web\",\"mode\":\"append\",\"first_index\":$count,\"customer\":{\"id\":\"c-$1\",\"email\":\"$1@customer.example\"},\"messages\":[{\"role\":\"user\",\"content\":\"$3\"$language}]${4:-}}}"
    [ "$status" = 202 ] || fail "$1: $status $(answer)"
}
hid() { stored "SELECT hid FROM handoff WHERE conv = 'web:$1'"; }
tags() { # CONVERSATION: which its ticket got, in order
    ledger "select(.kind == \"tags\" and .id == \"$(hid "$1")\") | .more | fromjson | .tags[]" | tr '\n' ' '
}
number() { stored "SELECT display_id FROM ticket WHERE conv = 'web:$1'"; }
comments() { curl -sf "http://127.0.0.1:$vendor_port/api/v2/tickets/$(number "$1")" | jq -r ".comments$2"; }
tickets() { stored "SELECT count(*) FROM ticket WHERE conv LIKE 'web:$1'"; }

# --- Zendesk ------------------------------------------------------------------------
say z en "$human"
quiet
is 'P10 handed over in English' "$(tickets z) $(tags z)" '1 '
say z en 'ok, I wait'
quiet
is 'P10 the same language: nothing' "$(comments z ' | length') $(tags z)" '1 '
say z es 'hola, necesito ayuda'
say z es-MX 'y en español, por favor'
quiet
is 'P10 another, twice out of three: a tag' "$(tags z)" 'language:es '
has 'P10 its reader is told' "$(comments z '[0].html_body')" '<b>Language:</b> now Spanish (es), handed over in English (en)'
has 'P10 above what was said' "$(comments z '[0].html_body')" 'y en español, por favor'
case $(comments z '[1].html_body') in *Language*) fail 'P10 the first of them was outvoted' ;; esac
is 'P10 in what is listed' "$(ask /v1/tickets | jq -c '.tickets[] | select(.conversation == "web:z") | .added_tags')" '["language:es"]'
is 'P10 with the hand-over' "$(ask "/v1/handoffs/$(hid z)" | jq -c .added_tags)" '["language:es"]'
has 'P10 and on the command line' "$("$USHER" tickets --socket "$home/admin.sock")" '  [language:es]'
kill_engine
start_engine
say z en 'ok'
say z es 'sigo esperando aquí'
say z - 'nobody tells what this is'
quiet
is 'P10 "ok" keeps it, and so does a restart: told once' "$(tags z)$(comments z ' | map(select(.html_body | contains("Language:"))) | length')" 'language:es 1'
say z en 'in english again'
say z en 'as it was before'
quiet
is 'P10 back to the language of the hand-over: nothing more' "$(tags z)" 'language:es '
say z fr 'et maintenant en français'
say z fr 'encore une fois ici'
quiet
is 'P10 a third language: its own tag' "$(tags z)" 'language:es language:fr '
is 'P10 no second ticket' "$(tickets z) $(count_of ticket)" '1 1'
is 'counted' "$(metric languages_changed_total)" 1

# Told of the conversation: only when it is sure.
say u en "$human"
say u - 'hola, me oyen ahí' ',"language":"es","language_confidence":0.5'
quiet
is 'P10 not sure: nothing' "$(tags u)" ''
say v - "$human" ',"language":"en","language_confidence":0.9'
say v - 'hola, me oyen ahí' ',"language":"es","language_confidence":0.5'
say v - 'ok' ',"language":"es","language_confidence":0.9'
quiet
is 'P10 a short message says nothing of a language' "$(tags v)" ''
say v - 'me oyen ahora' ',"language":"es","language_confidence":0.9'
quiet
is 'P10 sure, and said in words' "$(tags v)" 'language:es '

# --- whatever becomes of the requests --------------------------------------------------
n=0
for fault in lose cut 500x 500 rst 429 garbage; do
    n=$((n + 1))
    say "f$n" en "$human"
    quiet
    control "{\"fault\":\"$fault\",\"every\":1,\"on\":\"update\",\"count\":2}" >/dev/null
    say "f$n" es 'hola, necesito ayuda'
    told() { [ "$(comments "f$n" ' | length')" = 1 ]; }
    within 60 told || fail "P10 $fault: $(ask /v1/deliveries)"
    control '{"fault":"none"}' >/dev/null
    quiet 60
    is "P10 $fault: a tag, one comment that says so" "$(tags "f$n" | tr ' ' '\n' | sort -u | tr -d '\n') $(comments "f$n" ' | map(select(.html_body | contains("Language:"))) | length')" 'language:es 1'
done
say k en "$human"
quiet
control '{"delay_ms":300}' >/dev/null
say k es 'hola, necesito ayuda'
leased() { [ "$(stored "SELECT state FROM delivery WHERE conv = 'web:k' AND kind = 'update'")" = LEASED ]; }
within 10 leased || true
kill_engine
start_engine
told() { [ "$(comments k ' | length')" = 1 ]; }
within 60 told || fail "P10 killed: $(ask /v1/deliveries)"
control '{"delay_ms":0}' >/dev/null
quiet 60
is 'P10 killed on the way: a tag, one comment' "$(tags k | tr ' ' '\n' | sort -u | tr -d '\n') $(comments k ' | length') $(tickets k)" 'language:es 1 1'

# Who may comment and may not tag is not locked out, and neither is the comment.
say t en "$human"
quiet
control "{\"ticket\":$(number t),\"type\":\"task\"}" >/dev/null
say t es 'hola, necesito ayuda'
quiet
has 'P10 the tag is forbidden: the text says it' "$(tags t)$(comments t '[0].html_body')" 'now Spanish (es)'
case $(cat "$home/usher.log") in *destination.denied*) fail 'the credentials were blamed' ;; esac
ok 'and the credentials are not blamed'

# --- other helpdesks ----------------------------------------------------------------------
for what in 'd own desk' 'i to intercom' 'x to dixa'; do
    say "${what%% *}" en "please, ${what#* }"
    quiet
    say "${what%% *}" es 'hola, necesito ayuda'
    say "${what%% *}" es 'hola, otra vez yo'
    quiet
done
is 'P10 our own desk shows it' "$(ask "/v1/tickets/$(number d)" | jq -c .added_tags)" '["language:es"]'
settled() { ledger "select(.kind == \"settle\" and .id == \"$(stored "SELECT remote_id FROM ticket WHERE conv = 'web:$1'")\" and .key == \"$2\") | .more"; }
is 'P10 Intercom: the number of the tag' "$(settled i tags)" 7522908
is 'P10 Dixa: the tag by its name' "$(settled x bulk | tail -n 1)" language:es
is 'P10 no second ticket of any' "$(stored "SELECT count(*) FROM ticket WHERE conv IN ('web:d', 'web:i', 'web:x')") $(stored "SELECT count(*) FROM ticket WHERE relation IS NOT NULL")" '3 0'
is 'P10 nothing is left over' "$(stored "SELECT group_concat(DISTINCT state) FROM delivery")" DONE
stop_engine
is 'it stops in order' "$status" 0
