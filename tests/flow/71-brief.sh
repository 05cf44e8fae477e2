#!/bin/sh
# N14 S135: what a human reads first, of thirty conversations, in each helpdesk:
# the five parts in the first thousand characters, as they were looked at and kept
# in tests/flow/briefs; and every message that is named is there and says so; and
# no row is the customer's. GOLDEN=write keeps what there is now. S134: behind it
# stands what was said.
. "$(dirname "$0")/lib.sh"
golden=$root/tests/flow/briefs
cp -r "$root/examples/policies/full" "$home/rules"
rm "$home/rules"/*_test.lua "$home/rules"/76-hours.lua "$home/rules"/80-budget.lua
# Its own teams; always open, so that no text depends on when this runs.
groups=$(sed -n '/^groups {/,/^}/p' "$root/examples/policies/full.conf.lua" | sed 's/calendar = "support",\{0,1\}//')
all='{ { "00:00", "24:00" } }'
start_vendor
api() { curl -sf -m 20 "http://127.0.0.1:$vendor_port$1"; }
# The hand-over's texts as {hid, text}: what was sent, or the note that stands
# in what was made.
texts_of() { # HELPDESK
    case $1 in
    zendesk | request-tracker)
        for file in $(caught "$1.in" '^POST '); do body_of "$file"; echo; done |
            jq -c '(.ticket.external_id // .CustomFields.usher_id) as $hid | {hid: $hid, text: (.ticket.comment.html_body // .Content)} | select(.text)'
        ;;
    *)
        sqlite3 -readonly -separator ' ' "$home/$1/usher.db" 'SELECT hid, remote_id FROM ticket' | while read -r hid id; do
            if [ "$1" = intercom ]; then
                api "/tickets/$id" | jq -c --arg hid "$hid" '{hid: $hid, text: .ticket_parts.ticket_parts[0].body}'
            else
                api "/v1/conversations/$id/notes" | jq -c --arg hid "$hid" '{hid: $hid, text: .data[0].message}'
            fi
        done
        ;;
    esac
}
for desk in zendesk request-tracker intercom dixa; do
    mkdir "$home/$desk"
    desk_port=$vendor_port more=
    case $desk in
    zendesk) desk_port=$port_b more='email = "desk@customer.example",' ;;
    request-tracker) desk_port=$port_b ;;
    intercom) more='admin_id = "991", ticket_type_id = "88",' ;;
    dixa) more='email_integration = "desk@email.dixa.example",' ;;
    esac
    cat >"$home/usher.conf.lua" <<CONF
listen "127.0.0.1:$public"
admin { socket = "$home/admin.sock" }
store "$home/$desk/usher.db"
policy "$home/rules"
workers(2)
source "web" { adapter = "custom", secret = secret "WEB_SECRET" }
helpdesk "zd" {
  adapter = "$desk", url = "http://127.0.0.1:$desk_port", lag_s = 1, $more
  token = secret "ZD_TOKEN", allow_private = true, allow_plain = true,
}
$(for name in on_call finance_lead operations; do
    echo "notifier \"$name\" { adapter = \"webhook\", on_request = true, url = \"http://127.0.0.1:$port_b/\", allow_private = true, allow_plain = true }"
done)
calendar "support" { zone = "UTC", weekly = { mon = $all, tue = $all, wed = $all, thu = $all, fri = $all, sat = $all, sun = $all } }
$groups
default_group "general"
CONF
    catcher "$desk.in" http "$port_b"
    [ $desk != request-tracker ] || printf '201\n{"id":4711}' >"$home/$desk.in/reply"
    start_engine
    n=0
    while read -r line; do
        n=$((n + 1))
        send "e-$n" "$line"
        [ "$status" = 202 ] || fail "$n: $status $(answer)"
    done <"$golden/chats.jsonl"
    quiet 60
    stop_engine
    end_one "${catcher_pids##* }" TERM

    # One brief a conversation: the hand-over's text as far as the reference.
    texts_of "$desk" >"$home/$desk/texts"
    sqlite3 -readonly -json "$home/$desk/usher.db" "SELECT conv, hid FROM handoff ORDER BY conv" >"$home/$desk/handoffs"
    jq -r --slurpfile handoffs "$home/$desk/handoffs" -s '
        (map({key: .hid, value: .text}) | from_entries) as $texts | $handoffs[0][]
        | "=== \(.conv)\n\($texts[.hid] | (. / "Reference")[0])"' "$home/$desk/texts" >"$home/$desk/briefs"
    is "N14 $desk: thirty briefs" "$(grep -c '^===' "$home/$desk/briefs")" 30
    if [ "${GOLDEN:-}" = write ]; then cp "$home/$desk/briefs" "$golden/$desk.txt"; fi
    cmp -s "$home/$desk/briefs" "$golden/$desk.txt" || { diff "$golden/$desk.txt" "$home/$desk/briefs" | head -20; fail "N14 $desk: the briefs are others"; }
    ok "N14 $desk: they are the golden ones"

    [ "$(grep -cE '(^|<b>)Next:' "$home/$desk/briefs")" = 30 ] || fail "N14 $desk: a row that a customer wrote"
    # The five parts, early; each message that is named exists, and what is
    # quoted is in it.
    jq -r -n --slurpfile chats "$golden/chats.jsonl" --slurpfile texts "$home/$desk/texts" --slurpfile handoffs "$home/$desk/handoffs" '
        def plain: if startswith("<") | not then . else gsub("<[^>]*>"; "") | gsub("&lt;"; "<") | gsub("&gt;"; ">") | gsub("&quot;"; "\"") | gsub("&#39;"; "\u0027") | gsub("&amp;"; "&") end;
        def squeezed: gsub("[ \n]+"; " ");
        ($chats | map({key: ("web:" + .data.conversation_id), value: [.data.messages[].content]}) | from_entries) as $said
        | ($texts | map({key: .hid, value: .text}) | from_entries) as $text
        | $handoffs[0][] | .conv as $conv | $text[.hid] as $whole
        | ($whole[0:(if $whole | startswith("<") then 1400 else 1000 end)] | plain) as $top
        | (("Why:", "Who:", "Urgency:", "The AI tried:", "Next:") as $part | select($top | contains($part) | not) | "\($conv): no \($part) on top"),
          (($whole / "Reference")[0] | plain | split("\n")[] | select(test("^ *(Evidence|First question): "))
           | . as $line | capture("^ *[A-Z][^:]*: (?<claim>.*) \\[message (?<n>[0-9]+)\\]$") // {claim: "", n: "0"}
           | (.n | tonumber) as $n
           | ($said[$conv][$n - 1] // "" | squeezed) as $message
           | ((.claim | squeezed | capture("“(?<quote>.*)”$").quote) // (if $line | startswith("First") then .claim | squeezed else "" end)) as $quote
           | select(($line | test("“")) or ($line | startswith("First")))
           | select($n < 1 or $message == "" or ($message | contains($quote | rtrimstr("…")) | not))
           | "\($conv): \($line)")' >"$home/$desk/wrong"
    [ ! -s "$home/$desk/wrong" ] || { cat "$home/$desk/wrong"; fail "N14 $desk: claims without a message"; }
    # S134: behind the brief every message, whole and in its order, but where a
    # rule keeps them to itself.
    sqlite3 -readonly -json "$home/$desk/usher.db" "SELECT conv, hid FROM handoff WHERE conv NOT IN
        (SELECT conv FROM decision WHERE json_extract(outcome, '$.transcript') = 'restricted') ORDER BY conv" >"$home/$desk/whole"
    jq -r -n --slurpfile chats "$golden/chats.jsonl" --slurpfile texts "$home/$desk/texts" --slurpfile handoffs "$home/$desk/whole" '
        def plain: if startswith("<") | not then . else gsub("<br ?/?>"; "\n") | gsub("<[^>]*>"; "") | gsub("&lt;"; "<") | gsub("&gt;"; ">") | gsub("&quot;"; "\"") | gsub("&#39;"; "\u0027") | gsub("&amp;"; "&") end;
        def squeezed: gsub("[ \n]+"; " ");
        ($chats | map({key: ("web:" + .data.conversation_id), value: [.data.messages[].content]}) | from_entries) as $said
        | ($texts | map({key: .hid, value: .text}) | from_entries) as $text
        | $handoffs[0][] | .conv as $conv | ($text[.hid] | plain | squeezed | (. / "Reference")[1:] | join("Reference")) as $whole
        | reduce $said[$conv][] as $message ($whole; if . == null then . else ($message | squeezed) as $m | index($m) as $at | if $at == null then null else .[$at + ($m | length):] end end)
        | select(. == null) | $conv' >"$home/$desk/wrong"
    [ ! -s "$home/$desk/wrong" ] || { cat "$home/$desk/wrong"; fail "S134 $desk: messages that are not there, or not in their order"; }
    ok "S134 $desk: every message of $(jq length "$home/$desk/whole") conversations, in its order"
    ok "N14 $desk: the five parts on top, $(grep -o '\[message [0-9]*\]' "$home/$desk/briefs" | wc -l) messages named, each says what is claimed"
done
