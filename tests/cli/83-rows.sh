# What a support team counts on, end to end over recordings: the same policy as
# data and as Lua, and routing by table alone. S146 S179
. "$(dirname "$0")/lib.sh"
cd "$work"

# S146: data and Lua decide the same, and pass the same tests.
data=$root/examples/policies/beginner
mkdir lua
cp "$root/tests/policies/beginner/10-people.lua" "$data/10-people_test.lua" lua
code 0 "$USHER" test lua
{
    grep -v '^#' "$root/tests/corpus/human.tsv" | jq -cRn '[inputs | split("\t")] | to_entries[] |
        {id: "u\(.key)", messages: [{role: "customer", text: .value[3]}],
         fields: {order_value_minor: (if .key % 3 == 0 then 49999 + .key % 2 else null end), order_number: "AB\(.key)"},
         sentiment: (if .key % 7 == 0 then -0.6 - (.key % 2) / 10 else null end)} | del(.fields.order_value_minor | nulls) | del(.sentiment | nulls)'
    printf '%s\n' '{"id":"r1","messages":[{"role":"customer","text":"I want a refund"}]}' \
        '{"id":"r2","messages":[{"role":"customer","text":"charged twice, my lawyer will write"}]}' \
        '{"id":"l1","messages":[{"role":"customer","text":"my lawyer will write"}]}' \
        '{"id":"f2","messages":[{"role":"customer","text":"why"}],"ai":{"failed_attempts":2}}' \
        '{"id":"f1","messages":[{"role":"customer","text":"why"}],"ai":{"failed_attempts":1}}' \
        '{"id":"t1","fields":{"order_value_minor":90000},"messages":[{"role":"customer","text":"about my order"},{"role":"ai","text":"so"},{"role":"customer","text":"thanks, that helped"}]}' \
        '{"id":"q3","messages":[{"role":"customer","text":"where is my order 4711"},{"role":"ai","text":"On its way."},{"role":"customer","text":"where is my order 4711 please"},{"role":"ai","text":"Soon."},{"role":"customer","text":"so where is my order 4711??"}]}'
} >all.jsonl
for form in "$data" lua; do
    code 0 "$USHER" decide --policy "$form" --json all.jsonl
    # how it is written is seen in the evidence alone
    jq -c 'del(.evidence[]?.signal, .evidence[]?.threshold, .policy_hash, .cpu_us)' out >"decided.$(basename "$form")"
done
cmp -s decided.beginner decided.lua || { diff decided.beginner decided.lua | head -6 >&2; fail "S146 data and Lua decide otherwise"; }
for rule in $(seq 1 5); do
    name=$(sed -n 's/^rule "\(.*\)" {$/\1/p' "$data/10-people.lua" | sed -n "${rule}p")
    grep -qF "\"rule\":\"$name\"" decided.lua || fail "S146 \"$name\" never decides"
done
ok "S146 the beginner's policy as data and as Lua: $(wc -l <decided.lua) conversations, each decided alike"

# S179: no rule names a group; the table of the configuration does.
mkdir routed
cat >routed/10.lua <<'L'
rule "a person" { when = asks_for_human(), escalate = { reason = "customer_request", next_step = "Reply." } }
L
cat >routed.conf.lua <<'L'
policy "routed"
source "web" { adapter = "custom", secret = secret "WEB_SECRET" }
helpdesk "desk" { adapter = "desk" }
groups { "support", "billing", "tech" }
default_group "support"
routing {
  { intent = "refund", group = "billing" },
  { intent = { "bug", "crash" }, group = "tech" },
}
L
for intent in refund bug crash sizes; do
    printf '{"id":"%s","intent":{"name":"%s"},"messages":[{"role":"customer","text":"let me talk to a human"}]}\n' $intent $intent
done >tagged.jsonl
code 0 "$USHER" decide -c routed.conf.lua --policy routed --json tagged.jsonl
[ "$(jq -r '"\(.id) \(.group)"' out | tr '\n' ',')" = 'refund billing,bug tech,crash tech,sizes support,' ] || { cat out >&2; fail "S179 groups"; }
jq -se 'all(.id as $id | .tags | index($id) != null)' out >/dev/null || fail "S179 S182 a tag for the intent"
ok "S179 refund to billing, bug to tech, anything else to the default: by the routing table alone"
