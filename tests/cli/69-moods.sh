#!/bin/sh
# The mood by words where no score is told, and how much there is to a case.
# S92 S93
. "$(dirname "$0")/lib.sh"
mkdir "$work/p"
cat >"$work/p/a.lua" <<'EOF'
local function probe(name, condition)
  rule(name) { when = all { attribute "probe" :is(name), condition }, notify = true }
end
probe("mood", mood_below(1))
probe("falls", mood_falls(0.6, 4))
probe("complexity", complexity(0))
probe("complex", complexity(0.6))
EOF
cat >"$work/p/a_test.lua" <<'EOF'
local function about(probe, t)
  t.attributes = t.attributes or {}
  t.attributes.probe = probe
  return conversation(t)
end
-- What the condition measured stands in the evidence.
local function measured(signal, want)
  if want == nil then return "nothing" end
  return function(d)
    for _, one in ipairs(d.evidence or {}) do
      if one.signal:sub(1, #signal) == signal then return tonumber(one.value) == want, "it is " .. tostring(one.value) end
    end
    return false, "nothing was measured"
  end
end
local function moods(list)
  local rows = {}
  for i, one in ipairs(list) do
    rows[i] = { one[1], about("mood", { customer(one[1]) }), measured("mood_below", one[2]) }
  end
  return rows
end
cases "S93 words" (moods {
  { "where is parcel 88213", nil },
  { "great", 0.3 }, { "That is bad", -0.3 }, { "not bad", 0 }, { "That is not good", -0.3 }, { "never again", -0.6 },
  { "this is ridiculous", -0.5 }, { "this is not ridiculous", 0 }, { "THIS IS RIDICULOUS FIX IT", -0.7 }, { "bad!!!", -0.5 },
  { "great!!!", 0.3 }, { "you idiots, ridiculous, bad, slow, rude, useless", -1 }, { "great great great good", nil, "1 is not below 1" },
  { "I am disappointed but thank you", 0 }, { "> this is bad\nfine", 0.3 }, { "```terrible```", nil }, { "badge of goodness", nil },
})
cases "S93 eight languages" (moods {
  { "Ich bin sehr enttäuscht", -0.3 }, { "Das ist super", 0.3 }, { "Das ist nicht gut", -0.3 },
  { "je suis déçue", -0.3 }, { "c'est parfait", 0.6 }, { "estoy decepcionada", -0.3 }, { "excelente", 0.3 },
  { "sono delusa", -0.3 }, { "ottimo", 0.3 }, { "estou desiludida", -0.3 }, { "perfeito", 0.3 },
  { "ik ben teleurgesteld", -0.3 }, { "geweldig", 0.3 }, { "jestem rozczarowana", -0.3 }, { "świetnie", 0.3 },
})
test "S93 the source's score goes first" {
  given = about("mood", { customer { "great", sentiment = -0.45 } }), expect = measured("mood_below", -0.45) }
test "S93 of the newest message that shows one" {
  given = about("mood", { customer "bad", ai "Sorry.", customer "order 4711" }), expect = measured("mood_below", -0.3) }
local function turns_of(...)
  local t = {}
  for i, one in ipairs { ... } do t[2 * i - 1], t[2 * i] = customer(one), ai "Hm." end
  return about("falls", t)
end
local falls = { rule = "falls" }
cases "S93 the trajectory, by words" {
  { "from good to bad", turns_of("great", "order 4711", "it is slow", "this is ridiculous"), falls },
  { "just enough", turns_of("great", "x", "x", "it is slow"), falls },
  { "not enough", turns_of("x", "x", "x", "this is ridiculous"), "nothing" },
  { "up again", turns_of("great", "slow", "x", "good"), "nothing" },
  { "three turns", turns_of("great", "x", "this is ridiculous"), "nothing" },
  { "one very bad by itself", turns_of("great", "never again", "x", "bad"), "nothing" },
  { "scores and words", turns_of({ "a", sentiment = 0.3 }, "x", "x", "it is slow"), falls },
}

local function complex(name, t, want)
  test("S92 " .. name) { given = about("complexity", t), expect = measured("complexity", want) }
end
local long = {}
for i = 1, 150 do long[i] = "word" end
local words = table.concat(long, " ")
local function eight(intent)
  local t = {}
  for i = 1, 8 do t[2 * i - 1], t[2 * i] = customer { "hi", intent = intent and intent .. i }, ai "yes" end
  return t
end
complex("a greeting", { customer "hi" }, 0.027)
complex("150 words, one turn", { customer(words) }, 0.325)
complex("more words are not more", { customer(words .. " " .. words) }, 0.325)
complex("eight turns", eight(), 0.216)
complex("eight turns about eight things", eight "i", 0.416)
complex("six things are named", { customer "4711 4712 A-1 3/4 x@y.example 12.5" }, 0.347)
complex("the same one again is one", { customer "4711, 4711! (4711) 4711. 4711 4711" }, 0.087)
complex("fields and entities count, if they are more", {
  customer "hi", fields = { a = 1, b = 2, c = 3 },
  attributes = { entities = { { entity = "x" }, { entity = "y" }, { entity = "z" } } } }, 0.327)
local many = { customer { words, intent = "a" }, ai "b", customer { "hm", intent = "b" }, ai "c", customer { "hm", intent = "c" } }
test "S92 the threshold: below" { given = about("complex", many), expect = "nothing" }
many.fields = { a = 1 }
test "S92 the threshold: reached" { given = about("complex", many), expect = { rule = "complex" } }
EOF
code 0 "$USHER" test "$work/p"; ok "S92 S93 $(tail -n 1 "$work/err")"
refused() { # CONDITION WORDS
    printf 'rule "a" { when = %s, keep = true }\n' "$1" >"$work/p/a.lua"
    code 3 "$USHER" check --policy "$work/p"; has "a.lua:1: " err; has "$2" err
}
rm "$work/p/a_test.lua"
refused 'mood_below(2)' 'a number from -1 to 1, not 2'
refused 'mood_falls(3)' 'a number from 0 to 2, not 3'
refused 'mood_falls(0.5, 1)' 'a whole number from 2 on, not 1'
refused 'complexity(60)' 'a number from 0 to 1, not 60'
ok "mistakes are found at load, with the line"
printf 'rule "a" { when = all { { mood_falls = { 0.6, 4 } }, { complexity = 0.5 } }, keep = true }\n' >"$work/p/a.lua"
code 0 "$USHER" check --policy "$work/p"
ok "as data, too"
