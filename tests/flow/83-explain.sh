#!/bin/sh
# Why, asked of the running engine or of what it says: a conversation that goes
# on has no end yet, one that ended has. S82
. "$(dirname "$0")/lib.sh"
configure_caught
start_engine
rules=$root/tests/policy
# says CODE COMMAND...: the output in $home/said, what went wrong in $home/err
says() {
    want=$1 code=0
    shift
    "$@" >"$home/said" 2>"$home/err" </dev/null || code=$?
    [ "$code" = "$want" ] || fail "exit $code, not $want: $* $(cat "$home/said" "$home/err")"
}
said() { cat "$home/said"; }
wrong() { cat "$home/err"; }
conf=$home/usher.conf.lua

# --- one that goes on ----------------------------------------------------------------
send x-1 "$(message x 'When are you open?')"
send y-1 "$(message y "$human")"
quiet
is 'the engine kept it' "$(stored "SELECT action FROM decision WHERE conv = 'web:x'")" keep
ask /v1/conversations/web:x >"$home/x.json"
says 0 "$USHER" explain --policy "$rules" "$home/x.json"
cp "$home/said" "$home/x.said"
has 'S82 what goes on is explained as far as it is' "$(said)" 'web:x at message 1 (so far): keep'
has 'S82 nothing matched' "$(said)" 'no rule matched'
says 0 "$USHER" decide --policy "$rules" --json "$home/x.json"
is 'decide finds no end in it either' "$(jq -r '[.action, .at_message] | join(" ")' "$home/said")" 'keep 1'

says 0 "$USHER" explain -c "$conf" web:x
is 'S82 asked by its id: the same' "$(said)" "$(cat "$home/x.said")"
says 0 "$USHER" explain --socket "$home/admin.sock" --policy "$rules" web:x
is 'S82 asked by its id at a socket: the same' "$(said)" "$(cat "$home/x.said")"
cd "$home" || fail "no $home"
says 0 "$USHER" explain web:x
is 'S82 asked where the configuration is: the same' "$(said)" "$(cat "$home/x.said")"
says 0 "$USHER" explain --why-not 'ended without help' --at 1 web:x
has 'S82 one rule at one message' "$(said)" 'no match'
says 0 "$USHER" explain --json web:y
is 'S82 as JSON' "$(jq -r .reason "$home/said")" customer_request
says 0 "$USHER" explain web:y
has 'S82 with its ticket it is explained as it was decided' "$(said)" 'web:y at message 1: escalate by rule asked for a person, reason customer_request'

# --- a name that a path would not take as it is -----------------------------------------
send z-1 "$(message 'a/b?c=d%41 é' 'When are you open?')"
is 'an odd id is taken' "$status" 202
quiet
says 0 "$USHER" explain 'web:a/b?c=d%41 é'
has 'an odd id is asked for as it is' "$(said)" 'web:a/b?c=d%41 é at message 1 (so far): keep'

# --- the AI said the last word ------------------------------------------------------------
send s-1 '{"type":"usher.message","data":{"conversation_id":"s","mode":"append","first_index":0,"messages":[{"role":"user","content":"When are you open?"},{"role":"assistant","content":"At nine."}]}}'
quiet
says 0 "$USHER" explain web:s
has 'what the AI said last belongs to it' "$(said)" 'web:s at message 2 (so far): keep'

# --- one that ended ------------------------------------------------------------------------
send e-1 "$(message e 'When are you open?')"
send e-2 '{"type":"usher.session.ended","data":{"conversation_id":"e","outcome":"resolved_confirmed"}}'
quiet
is 'it ended' "$(ask /v1/conversations/web:e | jq -r .state)" resolved
says 0 "$USHER" explain web:e
has 'S82 what ended is explained to the end' "$(said)" '(the end)'

# --- a file, or an id ------------------------------------------------------------------------
printf '%s\n' '{"id":"from a file","messages":[{"role":"customer","text":"hello"}]}' >"$home/web:x"
says 0 "$USHER" explain web:x
has 'a file of that name wins' "$(said)" 'from a file at message'
says 0 "$USHER" explain --socket "$home/admin.sock" web:x
has 'not where a socket is named' "$(said)" 'web:x at message 1 (so far)'
says 2 "$USHER" explain --socket "$home/admin.sock" "$home/x.json" web:x
has 'a socket and a file are too much' "$(wrong)" 'usage: usher explain'
says 1 "$USHER" explain chats.jsnl
has 'neither a file nor an id: both are said' "$(wrong)" 'chats.jsnl is no file, and as the id of a conversation: There is no such conversation.'
says 1 "$USHER" explain --socket "$home/admin.sock" --policy "$rules" web:nobody
has 'an unknown id' "$(wrong)" 'usher explain: There is no such conversation. Ids are <source>:'
mkdir "$home/empty"
cd "$home/empty" || fail "no folder"
says 1 "$USHER" explain --policy "$rules" chats.jsnl
has 'no file and no engine to ask' "$(wrong)" 'chats.jsnl is no file, and as the id of a conversation: which engine? say -c FILE or --socket PATH'
says 2 "$USHER" explain --socket "$home/admin.sock" web:x
has 'no rules' "$(wrong)" 'say which rules'
stop_engine
is 'it stops in order' "$status" 0
says 4 "$USHER" explain -c "$conf" web:y
has 'no engine' "$(wrong)" "no engine answers on $home/admin.sock"
is 'in one line' "$(wc -l <"$home/err")" 1
