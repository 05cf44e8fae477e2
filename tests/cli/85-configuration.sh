# docs/configuration.md is the whole configuration language: every declaration
# and setting that rules/config knows stands there, and its example is sound.
. "$(dirname "$0")/lib.sh"
doc=$root/docs/configuration.md

# told WORDS-FILE: each of its words in backquotes, alone or where code goes on
told() {
    while read -r word; do
        grep -qE "\`([^\`]*[^\`a-z_])?$word([^a-z_\`][^\`]*)?\`" "$doc" || fail "docs/configuration.md does not tell of $word"
    done <"$1"
}
cat "$root"/rules/config/*.lua >"$work/config.lua"
perl -nE 'say $1 if /^function (\w+)\(/ || /^(\w+) = (?:word_of|table_of|part)\(/' "$work/config.lua" |
    sort -u >"$work/declarations"
[ "$(wc -l <"$work/declarations")" -ge 20 ] || fail "few declarations found"
told "$work/declarations"
ok "all $(wc -l <"$work/declarations") declarations are told"

# What strict() lets through: name = "type", between braces.
perl -0777 -nE 'while (/\{((?:\s*\w+ = "(?:string|number|boolean|table)(?:\|\w+)*",?)+)\s*\}/g) {
    my $keys = $1; say $1 while $keys =~ /(\w+) = "/g }' "$work/config.lua" | sort -u >"$work/settings"
[ "$(wc -l <"$work/settings")" -ge 30 ] || fail "few settings found"
told "$work/settings"
ok "all $(wc -l <"$work/settings") settings are told"

# Those of every part are the engine's.
perl -0777 -ne 'print "$1" if /common_settings\[\] = \{(.*?)\}/s' "$root/engine/flow/adapter_settings.c" |
    grep -oE '[a-z_]+' >"$work/common"
[ "$(wc -l <"$work/common")" -ge 10 ] || fail "few common settings found"
told "$work/common"
ok "all $(wc -l <"$work/common") settings of every part are told"

# The example, as it stands there.
mkdir "$work/rules"
echo 'rule "a person is asked for" { when = asks_for_human, escalate = { reason = "customer_request", next_step = "Reply." } }' >"$work/rules/10-rules.lua"
sed -n '/^```lua$/,/^```$/p' "$doc" | sed '/^```/d' >"$work/usher.conf.lua"
sed -i "s#/run/keys/zendesk#$work/zendesk#" "$work/usher.conf.lua"
echo loopback-only >"$work/zendesk"
WEB_SECRET="whsec_$(openssl rand -base64 32)"
export WEB_SECRET
code 0 "$USHER" check -c "$work/usher.conf.lua"
has 'helpdesk  zd' out
has 'decide    1000000 instructions    100 ms' out
while read -r word; do
    grep -qE "^ *$word\b|= secret " "$work/usher.conf.lua" || [ "$word" = adapters ] || [ "$word" = tenant ] ||
        fail "the example has no $word"
done <"$work/declarations"
ok "its example is sound, and has nearly all of it"

complains() { # TEXT COMPLAINT
    echo "$1" >"$work/bad.lua"
    code 3 "$USHER" check -c "$work/bad.lua"
    has "bad.lua:1: $2" err
    ok "$1"
}
complains 'listen { body_max = 0 }' 'listen.body_max is a whole number of bytes from 1024 to 1048576'
complains 'listen { body_max = 8 << 20 }' 'listen.body_max is a whole number of bytes'
complains 'workers(0)' 'workers(1) to workers(64)'
