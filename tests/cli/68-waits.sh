# When a rule acts that does not act at once: by the promise to the customer's
# tier, on the group's calendar and queue (S131), and in business time (P13);
# and when no wait begins (S130). The table is tests/waits.
. "$(dirname "$0")/lib.sh"
for host in UTC Asia/Tokyo America/St_Johns; do
    code 0 env TZ=$host "$USHER" test -c "$root/tests/waits/usher.conf.lua" "$root/tests/waits/rules"
    for row in S131:15 P13:6 S130:3; do
        [ "$(grep -c "^ok  *${row%:*} " "$work/out")" -ge "${row#*:}" ] || fail "fewer than ${row#*:} rows of ${row%:*}"
    done
done
ok "S130 S131 P13 the table of waits, on any host: $(tail -n 1 "$work/err")"

# Explain: until when.
cat >"$work/one.jsonl" <<'J'
{"id":"a","source":"x","customer":{"tier":"vip"},"messages":[{"role":"customer","text":"quiet","at":"2026-11-24T12:30:00+01:00"}]}
J
code 0 "$USHER" explain -c "$root/tests/waits/usher.conf.lua" --policy "$root/tests/waits/rules" "$work/one.jsonl"
has 'until 2026-11-24T11:37:00Z' out
ok "S131 explain says until when"

# What has no calendar has no business time.
mkdir "$work/rules"
printf 'policy "rules"\ncalendar "a" { zone = "UTC", weekly = { mon = { { "09:00", "17:00" } } } }\ncalendar "b" { zone = "UTC", weekly = { mon = { { "09:00", "17:00" } } } }\ngroups { "support" }\n' >"$work/usher.conf.lua"
printf 'rule "r" { when = says "x", wait = "4 business hours", escalate = { reason = "a", next_step = "b" } }\n' >"$work/rules/a.lua"
code 3 "$USHER" check -c "$work/usher.conf.lua"
has 'a.lua:1: ' err; has 'on which calendar?' err
printf 'rule "r" { when = says "x", wait = { "4 business hours", calendar = "c" }, escalate = { reason = "a", next_step = "b" } }\n' >"$work/rules/a.lua"
code 3 "$USHER" check -c "$work/usher.conf.lua"
has 'there is no calendar "c"' err
ok "P13 a wait of business time has a calendar"
