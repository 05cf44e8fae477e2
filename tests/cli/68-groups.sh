#!/bin/sh
# Which team gets it: by skills, and by who is there. S96 S97
. "$(dirname "$0")/lib.sh"
mkdir "$work/p"
config() { # GROUPS
    printf 'policy "p"\nhelpdesk "desk" { adapter = "desk" }\ngroups { %s }\ndefault_group "support"\n' "$1" >"$work/usher.conf.lua"
}
config '"support", "overflow", billing = { fallback = { "support", "overflow" } },
  alps = { skills = { "german", "french" }, fallback = { "iberia", "seine" } },
  iberia = { skills = { "spanish" }, languages = { "es", "pt-PT" } }, seine = { skills = { "french" } }'
cat >"$work/p/10-groups.lua" <<'EOF'
rule "danger" { when = says "danger", final = true, escalate = { reason = "safety", group = "billing", next_step = "Read." } }
rule "bill" { when = says "bill", escalate = { reason = "billing", group = "billing", next_step = "Read." } }
rule "bill in French" { when = says "facture", escalate = { reason = "billing", skills = { "french" }, next_step = "Read." } }
rule "bill in two" { when = says "rechnung", escalate = { reason = "billing", skills = { "french", "german" }, next_step = "Read." } }
rule "moved" { when = says "moved", escalate = { reason = "x", next_step = "Read." } }
rule "busy" { when = all { says "hello", unavailable "support" }, inform = { message = "Nobody is there." } }
rule "free" { when = all { says "hello", available "support" }, inform = { message = "We are here." } }
rule "wine" { when = says "vino", escalate = { reason = "wine", group = "iberia", next_step = "Read." } }
rule "a word of groups in a rule holds never" { when = all { says "never", group_lacks_language }, keep = true }
modifier "to billing" { when = decided { rule = "moved" }, change = { group = "billing" } }
modifier "nobody there speaks it" { when = group_lacks_language, change = { group = "support", tags = { "needs_translation" } } }
EOF
cat >"$work/p/10-groups_test.lua" <<'EOF'
local function said(text) return conversation { customer(text) } end
local function to(group, from) return { action = "escalate", group = group, group_from = from } end
test "nothing is known: the rule's" { given = said "my bill", expect = to("billing", "rule") }
test "it is there" { given = said "my bill", groups = { billing = "available" }, expect = to("billing", "rule") }
test "offline: the first of its fallbacks" { given = said "my bill", groups = { billing = "offline" }, expect = to("support", "fallback") }
test "full: the same" { given = said "my bill", groups = { billing = "full" }, expect = to("support", "fallback") }
test "the first is away too: the second" { given = said "my bill", groups = { billing = "full", support = "offline" }, expect = to("overflow", "fallback") }
test "nobody is there: it stays" { given = said "my bill", groups = { billing = "full", support = "full", overflow = "offline" }, expect = to("billing", "rule") }
test "what is final stays where it is put" { given = said "danger", groups = { billing = "offline" }, expect = to("billing", "rule") }
test "a modifier's group gives way, too" { given = said "moved", groups = { billing = "offline" }, expect = to("support", "fallback") }
test "the default group has no fallback" { given = said "moved", groups = { support = "offline" }, expect = to("billing", "modifier") }
test "the ticket says why" { given = said "my bill", groups = { billing = "full" },
  expect = function(d) return d.evidence[#d.evidence].signal == "group billing" and d.evidence[#d.evidence].value == "full (1 of 1)" end }
test "skills: the first by name that has them" { given = said "une facture", expect = to("alps", "skills") }
test "skills: the first of them that is there" { given = said "une facture", groups = { alps = "offline" }, expect = to("seine", "skills") }
test "skills: all of them are wanted" { given = said "eine rechnung", expect = to("alps", "skills") }
test "skills: a fallback that has them goes before one that has not" {
  given = said "une facture", groups = { alps = "offline", seine = "offline" }, expect = to("iberia", "fallback") }
test "skills: who cannot do all of it is better than nobody" {
  given = said "eine rechnung", groups = { alps = "full" }, expect = to("iberia", "fallback") }
test "a rule can ask: nothing is known" { given = said "hello", expect = "nothing" }
test "a rule can ask: away" { given = said "hello", groups = { support = "full" }, expect = { rule = "busy", message = "Nobody is there." } }
test "a rule can ask: there" { given = said "hello", groups = { support = "available" }, expect = { rule = "free" } }
local function asked(tag, text)
  return conversation { language = tag, customer(text or "vino y pan") }
end
test "it answers in the language" { given = asked "es", expect = { group = "iberia", rule = "wine" } }
test "in a country of it" { given = asked "es-MX", expect = { group = "iberia" } }
test "in this country" { given = asked "pt-PT", expect = { group = "iberia" } }
test "not in that country" { given = asked "pt-BR", 
  expect = function(d) return d.group == "support" and table.concat(d.tags, " "):find("needs_translation", 1, true) ~= nil end }
test "not in the language" { given = asked "de", expect = { group = "support", group_from = "modifier" } }
test "nobody knows the language" { given = said "vino y pan", expect = { group = "iberia" } }
test "the group names no languages" { given = asked("de", "my bill"), expect = { group = "billing" } }
test "nothing is decided in a rule" { given = asked("de", "never"), expect = "nothing" }
test "in time" { given = conversation {}, groups = { billing = "offline" }, steps = {
  { at = "10:00", customer "my bill", expect = to("support", "fallback") } } }
EOF
code 0 "$USHER" test -c "$work/usher.conf.lua" "$work/p"; ok "S96 S97 routing by skills and availability, fallback in order"
code 0 "$USHER" check -c "$work/usher.conf.lua"; ok "check finds nothing"

refused() { # FILE TEXT WORDS
    cp "$work/$1" "$work/kept"
    printf '%s\n' "$2" >>"$work/$1"
    code 3 "$USHER" check -c "$work/usher.conf.lua"; has "$3" err
    cp "$work/kept" "$work/$1"
}
rule='rule "x" { when = says "x", escalate = { reason = "x", next_step = "x", %s } }'
refused p/10-groups.lua "$(printf "$rule" 'skills = { "germann" }')" "no group has the skill 'germann' (did you mean 'german'?)"
refused p/10-groups.lua "$(printf "$rule" 'skills = { 7 }')" "each is a text"
printf 'groups { support = { languages = { "Spanish" } } }\n' >"$work/bad.lua"
code 3 "$USHER" check -c "$work/bad.lua"; has 'group support.languages = { "es", "pt-BR", ... } expected' err
refused p/10-groups.lua 'rule "x" { when = available "suport", keep = true }' "(did you mean 'support'?)"
printf '%s\n' 'test "x" { given = said "x", groups = { billing = "away" }, expect = "nothing" }' >>"$work/p/10-groups_test.lua"
code 3 "$USHER" test -c "$work/usher.conf.lua" "$work/p"; has "is none of available, full, offline" err
config '"support", billing = { fallback = { "suport" } }'
code 3 "$USHER" check -c "$work/usher.conf.lua"; has "did you mean 'support'?" err
config '"support", billing = { fallback = { "billing" } }'
code 3 "$USHER" check -c "$work/usher.conf.lua"; has "falls back to itself" err
ok "mistakes are found at load, with the nearest name"

code 2 "$USHER" groups sett; has "usage: usher groups" err
code 2 "$USHER" groups set
code 2 "$USHER" groups set support asleep
code 2 "$USHER" groups set support offline --for 7
code 2 "$USHER" groups set support --capacity x
code 4 "$USHER" groups --socket "$work/none"; has "no engine answers" err
ok "usher groups: usage, and no engine"
