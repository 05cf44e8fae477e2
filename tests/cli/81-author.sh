# What helps to write a policy: init, stubs, record, docs.
. "$(dirname "$0")/lib.sh"

# --- init ----------------------------------------------------------------------
WEB_SECRET="whsec_$(openssl rand -base64 32)"
export WEB_SECRET
for kit in starter shop saas; do
    code 0 "$USHER" init "$work/$kit" --from "$kit"
    has "cd $work/$kit && usher test rules" out; has "usher check" out; has "usher serve" out
    (cd "$work/$kit" && "$USHER" test rules >"$work/out" 2>&1) || { cat "$work/out" >&2; fail "the tests of $kit"; }
    (cd "$work/$kit" && "$USHER" check --strict >"$work/out" 2>&1) || { cat "$work/out" >&2; fail "the check of $kit"; }
    has fine out
    [ "$(cat "$work/$kit"/rules/*.lua | grep -c '^rule ')" = 5 ] || fail "$kit has not five rules"
done
ok "init makes five rules that pass their own tests and the check, thrice"
code 1 "$USHER" init "$work/shop"; has "is not empty" err; has "nothing was changed" err
mkdir "$work/full"; : >"$work/full/notes.txt"
code 1 "$USHER" init "$work/full"; has "notes.txt is there already" err
[ "$(ls "$work/full")" = notes.txt ] || fail "init wrote into a folder of somebody's"
mkdir "$work/hollow"; code 0 "$USHER" init "$work/hollow"
code 2 "$USHER" init "$work/x" --from bank; has "starter, shop or saas" err
ok "init refuses a folder that is not empty"

# --- stubs ----------------------------------------------------------------------
cat >>"$work/shop/usher.conf.lua" <<'C'
tags { "refund", "delivery" }
fields { "order_number", "order_value_minor" }
intents { "refund", "where_is_my_order" }
C
code 0 "$USHER" stubs "$work/shop"
for file in .usher/rules.lua .usher/adapters.lua .usher/config.lua .luarc.json .luacheckrc; do
    [ -s "$work/shop/$file" ] || fail "no $file"
done
jq -e '."workspace.library" == [".usher"] and ."runtime.version" == "Lua 5.4"' "$work/shop/.luarc.json" >/dev/null || fail ".luarc.json"
for file in rules adapters config; do
    head -1 "$work/shop/.usher/$file.lua" | grep -q '^---@meta$' || fail "$file.lua is no meta file"
    lua5.4 -e "assert(loadfile '$work/shop/.usher/$file.lua')" || fail "$file.lua is no Lua"
done
stub=$work/shop/.usher/rules.lua
for name in support billing tier2 security legal; do
    sed -n '/^---@alias usher.Group$/,/^---@alias usher.Tag/p' "$stub" | grep -qF "'\"$name\"'" || fail "N20 group $name"
done
for name in refund delivery order_number order_value_minor where_is_my_order desk; do
    grep -qF "'\"$name\"'" "$stub" || fail "N20 $name"
done
ok "N20 the stubs have every group, tag, field and intent of the configuration"
# The keys of rules and effects, as the language checks them.
for key in $(sed -n '/^local effect_keys = {/,/^}/p; /^local rule_keys = {/,/^}/p' "$root/rules/std/10-core.lua" | grep -o '[a-z_]* = true' | cut -d' ' -f1 | sort -u); do
    grep -q "^---@field $key[? ]" "$stub" || fail "N20 the key $key is not described"
done
for key in $(sed -n '/^---@class usher.Rule$/,/^$/p; /^---@class usher.Effect$/,/^$/p' "$stub" | grep -o '@field [a-z_]*' | cut -d' ' -f2); do
    grep -qE "\b$key = true" "$root/rules/std/10-core.lua" || fail "N20 the key $key is described and not there"
done
ok "N20 every key of a rule and of an effect is described, and no other"
if command -v luacheck >/dev/null; then
    (cd "$work/starter" && "$USHER" stubs >/dev/null && luacheck -q rules >"$work/out" 2>&1) || { cat "$work/out" >&2; fail "luacheck of the starter"; }
    (cd "$work/shop" && luacheck -q rules usher.conf.lua >"$work/out" 2>&1) || { cat "$work/out" >&2; fail "luacheck of the shop"; }
    printf 'rule "x" { when = syas "x", keep = true }\nlocal t = os.time\n' >"$work/shop/rules/slip.lua"
    got=0
    (cd "$work/shop" && luacheck --no-color rules/slip.lua >"$work/out" 2>&1) || got=$?
    [ $got != 0 ] || fail "luacheck finds no slip"
    has "accessing undefined variable 'syas'" out; has "accessing undefined variable 'os'" out
    rm "$work/shop/rules/slip.lua"
    ok "N20 luacheck knows the words: none undefined in the starter, a slip is found"
else
    echo "skip N20 luacheck is not installed"
fi
echo '{"mine":1}' >"$work/shop/.luarc.json"
code 0 "$USHER" stubs "$work/shop"; has "kept $work/shop/.luarc.json" out; has "made $work/shop/.luacheckrc" out
grep -q mine "$work/shop/.luarc.json" || fail "stubs wrote over a file of somebody's"
ok "stubs keep what they did not write"

# --- record -----------------------------------------------------------------------
cat >"$work/chats.jsonl" <<'J'
{"id":"other","messages":[{"role":"customer","text":"hello"}]}
{"id":"web:mara.klein@mail.example","source":"web","channel":"chat","language":"en","customer":{"id":"c9","name":"Mara Klein","email":"mara.klein@mail.example","phone":"+49 170 1234567","company":"Klein & Sons","tier":"vip","more":{"spouse":"Jonas","vat":"DE89370400440532013000"}},"intent":{"name":"refund","confidence":0.8},"fields":{"order_number":"4711","card":4111111111111111,"contact":"mara.klein@mail.example"},"attributes":{"Mara":"+49 170 1234567"},"handoff":{"via":"action_node","actor":"Petra Lang","summary":"Petra: call Mara at +49 170 1234567"},"handoff_id":"7ffpzkb4qgs2mxn4rvw4fq7q2y","messages":[{"role":"customer","text":"Hi, MARA klein here, card 4111 1111 1111 1111, mail mara.klein@mail.example, phone +49 170 1234567. Jonas says I was charged twice!","author":{"id":"u1","name":"Mara Klein"},"attachments":[{"name":"Mara-passport.png","url":"https://x.example/p"}]},{"role":"ai","text":"Hello Mara, one moment."},{"role":"customer","text":"Margarine, not Mara."},{"role":"human_agent","text":"Petra here","author":{"name":"Petra Lang"}}]}
J
mkdir "$work/pol"
cp "$root"/rules/starter/*0-*.lua "$work/pol/"
code 0 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" --names "Jonas,Petra" "web:mara.klein@mail.example"
cp "$work/out" "$work/fixture.json"
jq -e . "$work/fixture.json" >/dev/null || fail "N22 the fixture is no JSON"
for planted in -i\ mara -i\ klein -i\ petra jonas 4111 1234567 mail.example u1 c9 passport x.example DE89 7ffpz; do
    # shellcheck disable=SC2086
    ! grep -q $planted "$work/fixture.json" || { grep $planted "$work/fixture.json" >&2; fail "N22 $planted is in the fixture"; }
done
jq -e '.messages | length == 3 and .[2].text == "Margarine, not [name]." and (.[0].text | test("charged twice"))' "$work/fixture.json" >/dev/null || { cat "$work/fixture.json" >&2; fail "N22 messages"; }
jq -e '.fields.order_number == "4711" and .customer.tier == "vip" and .intent.name == "refund"' "$work/fixture.json" >/dev/null || fail "N22 what rules look at"
has 'recording "NAME.json"' err; has 'expect = { action = "escalate", rule = "asked for a person", reason = "customer_request", group = "support"' err; has 'event  = "handoff.requested"' err
ok "N22 no e-mail, card, phone, IBAN or name is in the fixture; order number, tier and intent are"
code 0 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" --names Jonas --write charged-twice "web:mara.klein@mail.example"
has "usher test $work/pol" out
code 0 "$USHER" test "$work/pol"
grep -q 'rule = "' "$work/pol/charged-twice_test.lua" || fail "N22 no expectation"
cp "$work/pol/10-human.lua" "$work/was"
sed -i 's/reason    = "customer_request"/reason    = "another"/; s/^rule "asked/rule "no longer asked/' "$work/pol/10-human.lua"
code 1 "$USHER" test "$work/pol"
cp "$work/was" "$work/pol/10-human.lua"
code 1 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" --write charged-twice "web:mara.klein@mail.example"; has "is there already" err
code 1 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" absent; has "holds no conversation absent" err
code 2 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" --write ../x other; has "letters, digits" err
ok "N22 the test passes at once and fails after a change of the rule"
printf 'rule "name" { when = says "mara", keep = true }\n' >"$work/pol/05-name.lua"
code 0 "$USHER" record --policy "$work/pol" --from "$work/chats.jsonl" "web:mara.klein@mail.example"; has "warning" err
rm "$work/pol/05-name.lua"
ok "record says when what it took out changes the decision"

# --- docs ---------------------------------------------------------------------------
cd "$root/tests/book"
for format in markdown html; do
    code 0 "$USHER" docs --policy rules --format $format
    golden=book.$([ $format = html ] && echo html || echo md)
    cmp -s "$work/out" "$golden" || { diff "$work/out" "$golden" >&2; fail "N27 $golden"; }
done
grep -qF 'Threats \| and \<danger\>.' book.md || fail "S54 the description of a rule is not in the book"
ok "N27 S54 the book is the golden one, in Markdown and in HTML, with each description"
printf '%s\n' '{"id":"a","messages":[{"role":"customer","text":"my lawyer"}]}' '{"id":"b","messages":[{"role":"customer","text":"thanks"}]}' \
    '{"id":"c","messages":[{"role":"customer","text":"my lawyer"}]}' >"$work/three.jsonl"
code 0 "$USHER" docs --policy rules --corpus "$work/three.jsonl"
has "counted over 3 recorded conversations" out; has "| 1 | danger | legal-ops | escalate |  | urgent | high | yes | 1 | 2 |" out; has "Decided 2 times." out
code 2 "$USHER" docs --policy rules --format pdf
code 4 "$USHER" docs --policy rules --socket "$work/absent.sock"
ok "N27 with recordings it says how often each rule decided"
