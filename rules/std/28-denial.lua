-- What denies: the words of no in eight languages (lexicons/denial.txt), and the
-- clauses in which they count. For words that look at what people really ask for.

local core = rule_language
local none = {}
local denial = {}
core.denial = denial

-- Read when a policy uses a word that needs them.
function denial.words() return core.lexicon("denial") end

function denial.places(t, set, from, to)
  return from <= to and text.places(t, set, from, to) or none
end

-- Where a phrase of the set that begins there ends.
function denial.ending(t, at, set)
  local n, count = text.is(t, at, set)
  return n and at + count - 1
end

-- Whether a phrase of the set covers the position.
function denial.covered(t, at, set, first)
  for from = math.max(first, at - 5), at do
    local last = denial.ending(t, from, set)
    if last and last >= at then return true end
  end
end

function denial.clauses(s)
  local list = {}
  for clause in s:gmatch("[^.!?;:,\n()]+") do list[#list + 1] = clause end
  return list
end
