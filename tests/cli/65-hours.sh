# Calendars, holidays and promises: the table of tests/hours as policy tests,
# and what is said about a configuration or a rule that is wrong.
# Rows: S79 S80 S87 S88 S139 N8, policies P8 and P9.
. "$(dirname "$0")/lib.sh"
hours=$root/tests/hours
for host in UTC Asia/Tokyo America/St_Johns; do
    code 0 env TZ=$host "$USHER" test -c "$hours/usher.conf.lua" "$hours/rules"
    is_p9=$(grep -c '^ok .*P9' "$work/out")
    [ "$is_p9" -ge 12 ] || fail "P9: $is_p9 rows"
done
[ "$(grep -c '^ok ' "$work/out")" -ge 24 ] || fail "N8: $(grep -c '^ok ' "$work/out") cases"
for row in 'spring: there is no 02:30' 'autumn: the first 02:30' 'autumn: not the second' 'a holiday of the group' 'Tuesday 12:30, lunch' 'half day'; do
    has "$row" out
done
ok "P8 P9 N8 the table of hours, with lunch, holidays and both changes of the clock, on any host: $(tail -n 1 "$work/err")"

code 0 "$USHER" check -c "$hours/usher.conf.lua" --policy "$hours/rules"
has 'calendar  support' out; has 'holidays: 81, exceptions: 1, ' out
has 'because they have a time of day: 1' out
has '(Europe/Berlin)' out
ok "check shows the calendars, and whether they are open"

# Explain: open or closed, and for how long.
cat >"$work/one.jsonl" <<'J'
{"id":"a","source":"x","messages":[{"role":"customer","text":"I want to talk to a human","at":"2026-11-24T12:30:00+01:00"}]}
J
code 0 "$USHER" explain -c "$hours/usher.conf.lua" --policy "$hours/rules" "$work/one.jsonl"
has 'closed, opens in 60 min' out
ok "explain says for how long"

# Without a configuration nothing is known of hours: no rule fires by them.
code 1 "$USHER" test "$hours/rules"; has 'P9 Tuesday 12:30, lunch' out
ok "without a configuration there are no hours"

# --- what is wrong in a configuration is said with its line --------------------
# refused WORDS LINE... : the lines are put behind groups, from line 2 on
refused() {
    words=$1; shift
    { echo 'groups { "support" }'; printf '%s\n' "$@"; } >"$work/conf.lua"
    code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
    has "conf.lua:2: " err; has "$words" err
}
week='weekly = { mon = { { "09:00", "17:00" } } }'
calendar() { refused "$1" "calendar \"x\" { zone = \"Europe/Berlin\", $2 }"; }
refused 'there is no zone "Europe/Berln" (did you mean "Europe/Berlin"?)' "calendar \"x\" { zone = \"Europe/Berln\", $week }"
refused 'there is no zone "Singapor" (did you mean "Singapore"?)' "calendar \"x\" { zone = \"Singapor\", $week }"
refused 'there is no zone "Kathmandu" (did you mean "Asia/Kathmandu"?)' "calendar \"x\" { zone = \"Kathmandu\", $week }"
refused 'there is no zone "../../etc/passwd"' "calendar \"x\" { zone = \"../../etc/passwd\", $week }"
refused 'there is no zone "localtime"' "calendar \"x\" { zone = \"localtime\", $week }"
refused 'without "right/"' "calendar \"x\" { zone = \"right/Europe/Berlin\", $week }"
refused 'needs zone' "calendar \"x\" { $week }"
refused "has no setting 'weekley' (did you mean 'weekly'?)" 'calendar "x" { zone = "UTC", weekley = {} }'
refused 'needs weekly' 'calendar "x" { zone = "UTC" }'
refused 'is always open and need not be declared' "calendar \"24x7\" { zone = \"UTC\", $week }"
refused 'a name is letters' "calendar \"a b\" { zone = \"UTC\", $week }"
calendar 'calendar "x" is never open' 'weekly = {}'
calendar 'calendar "x" is never open' 'weekly = { mon = {} }, holidays = { "2026-12-25" }'
calendar "has no day 'monday'; the days are mon, tue" 'weekly = { monday = {} }'
calendar "a time of day is written \"09:00\"" 'weekly = { mon = { { "9", "17:00" } } }'
calendar "not '24:01'" 'weekly = { mon = { { "09:00", "24:01" } } }'
calendar "not '09:60'" 'weekly = { mon = { { "09:60", "24:00" } } }'
calendar 'over midnight is { "22:00", "24:00" } here and { "00:00", "06:00" } on the next day' 'weekly = { mon = { { "22:00", "06:00" } } }'
calendar 'ends before it begins' 'weekly = { mon = { { "09:00", "09:00" } } }'
calendar 'two intervals overlap' 'weekly = { mon = { { "09:00", "12:00" }, { "11:00", "13:00" } } }'
calendar 'hours are written' 'weekly = { mon = { { "09:00" } } }'
calendar "'2026-02-29' is none" "$week, holidays = { { \"2026-02-29\" } }"
calendar 'holidays[2]: a date is written' "$week, holidays = { \"2026-12-25\", { \"25.12.2026\" } }"
calendar "'13-01' is none" "$week, holidays = { \"13-01\" }"
calendar 'the year 1926 is not' "$week, holidays = { \"1926-12-25\" }"
calendar 'holidays[2]: that day stands in holidays[1] already' "$week, holidays = { \"2026-12-25\", { \"2026-12-25\", \"again\" } }"
calendar 'is not within a year after' "$week, holidays = { { \"2026-12-25\", to = \"2026-12-24\" } }"
calendar 'wants dates with a year' "$week, holidays = { { \"12-25\", to = \"12-26\" } }"
calendar "has no 'til'" "$week, holidays = { { \"2026-12-25\", til = \"2026-12-26\" } }"
calendar 'what are the hours on that day' "$week, exceptions = { { \"2026-12-25\", \"open\" } }"
calendar 'an exception has a year' "$week, exceptions = { { \"12-25\", { { \"10:00\", \"12:00\" } } } }"
calendar 'each once' "$week, holidays = { { \"2026-12-25\", \"a\", \"b\" } }"
calendar 'no.ics' "$week, holidays_file = \"no.ics\""
refused 'is declared twice; the first time at' "calendar \"y\" { zone = \"UTC\", $week } calendar \"y\" { zone = \"UTC\", $week }"
ok "a calendar that is wrong is refused with its line and what to write"

refused 'sla.vip: calendar "offce" is not declared' 'sla { vip = { first_response = "2m", calendar = "offce" } }'
refused 'sla.vip promises nothing' 'sla { vip = { calendar = "24x7" } }'
refused "has no setting 'first_respons' (did you mean 'first_response'?)" 'sla { vip = { first_respons = "2m" } }'
refused 'is said by tier, not by priority' 'sla { urgent = { first_response = "2m", escalate = "5m" } }'
refused "a tier is written vip = { first_response" 'sla { vip = "2m" }'
refused "or \"1 business day\"" 'sla { vip = { first_response = "2 days" } }'
cat >"$work/conf.lua" <<'C'
groups { support = { calendar = "supprt" } }
calendar "support" { zone = "UTC", weekly = { mon = { "09:00", "17:00" } } }
C
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
has 'conf.lua:1: group support: calendar "supprt" is not declared' err; has "did you mean 'support'" err
sed -i 's/"supprt"/"support", expected_wait = "soon"/' "$work/conf.lua"
code 3 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"; has 'conf.lua:1: group support.expected_wait' err
sed -i 's/"soon"/"90s"/' "$work/conf.lua"
code 0 "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
ok "so are promises and the calendars of groups"

code 3 env TZDIR="$work/none" "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
has "install the package tzdata" err
mkdir -p "$work/zones"; printf 'TZif2 and no more' >"$work/zones/UTC"
code 3 env TZDIR="$work/zones" "$USHER" check -c "$work/conf.lua" --policy "$root/rules/starter"
has "$work/zones/UTC: no zone file" err
ok "no zones, or a broken one"

# --- what is wrong in a rule ------------------------------------------------------
mkdir "$work/rules"
# wrong WORDS CONDITION
wrong() {
    printf -- '-- a rule\nrule "a" { when = %s, escalate = { reason = "x", next_step = "y" } }\n' "$2" >"$work/rules/a.lua"
    code 3 "$USHER" check -c "$hours/usher.conf.lua" --policy "$work/rules"
    has "a.lua:2: " err; has "$1" err
}
wrong "there is no calendar \"suport\" (did you mean 'support'?)" 'closed "suport"'
wrong 'the group has no calendar; say groups { tier2 = { calendar' 'open "tier2"'
wrong 'of a calendar, or of a group that has one' 'open { "support" }'
wrong "there is no day 'saterday' (did you mean 'saturday'?)" 'on "saterday"'
wrong "a date is written" 'on "2026-02-30"'
wrong "on { ... } has no 'calender' (did you mean 'calendar'?)" 'on { "monday", calender = "support" }'
wrong "there is no calendar \"night\"" 'on { "monday", calendar = "night" }'
wrong 'on { "saturday", ... } expected' 'on {}'
wrong 'a time is written' 'sla_left_below "ten"'
printf 'rule "a" { when = any { open "24x7", open "apac_oncall", on "monday", on { "Christmas Day" } }, keep = true }\n' >"$work/rules/a.lua"
code 0 "$USHER" check -c "$hours/usher.conf.lua" --policy "$work/rules"
cat >"$work/two.lua" <<'C'
groups { "support" }
default_group "support"
calendar "one" { zone = "UTC", weekly = { mon = { "09:00", "17:00" } } }
calendar "two" { zone = "UTC", weekly = { mon = { "09:00", "17:00" } } }
C
code 3 "$USHER" check -c "$work/two.lua" --policy "$work/rules"
has 'apac_oncall' err
printf 'rule "a" { when = on "monday", keep = true }\n' >"$work/rules/a.lua"
code 3 "$USHER" check -c "$work/two.lua" --policy "$work/rules"
has 'on which calendar?' err
ok "words of time are checked at load"
