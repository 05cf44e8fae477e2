-- What follows from what. A condition tree becomes a list of terms, each a list
-- of facts that hold together (disjunctive normal form); a fact is an atom or
-- its opposite. Everything here errs to one side: what is said to follow does
-- follow; what cannot be seen is not claimed.

local lint = rule_language.lint
local logic = {}
lint.logic = logic

local TERMS_MAX = 400 -- of one condition; beyond it nothing is claimed

-- --- atoms ----------------------------------------------------------------------

local set_words = { intent = "intent", channel = "channel", tier = "tier", event = "event", outcome = "outcome",
  requested_by = "requested_by", source_is = "source_is", language = "language" }
local at_least_words = { failed_attempts = true, turns = true, repeats = true, frustrated = true,
  complexity = true }
local below_words = { confidence_below = true, sentiment_below = true, mood_below = true }
local phrase_scopes = { says = true, says_now = true, ai_says = true }

local function list_of(value)
  if type(value) == "table" then return value end
  return { value }
end

local function set_atom(subject, list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return { kind = "set", subject = subject, set = set, list = list }
end

local function range_atom(subject, op, limit)
  return { kind = "range", subject = subject, op = op, limit = limit }
end

local function phrase_atom(c)
  local atom = { kind = "phrases", scope = c.word, list = {}, set = {} }
  for i, phrase in ipairs(c.phrases) do
    local folded = table.concat(phrase.words, " ")
    atom.list[i], atom.set[folded] = phrase, true
  end
  return atom
end

local function subject_atom(c)
  local subject, value = c.word .. " " .. tostring(c.subject), c.args[1]
  if c.args.n > 1 then return nil end
  if c.method == "is" and value ~= nil then return set_atom(subject, { value }) end
  if c.method == "one_of" and type(value) == "table" and #value > 0 then return set_atom(subject, value) end
  if c.method == "at_least" and type(value) == "number" then return range_atom(subject, ">=", value) end
  if c.method == "at_most" and type(value) == "number" then return range_atom(subject, "<=", value) end
  if c.method == "present" or c.method == "missing" then return { kind = c.method, subject = subject } end
end

local function word_atom(c)
  local word, value, n = c.word, c.args[1], c.args.n
  if phrase_scopes[word] and c.phrases and n == 1 then return phrase_atom(c) end
  if set_words[word] and n == 1 and #list_of(value) > 0 then return set_atom(word, list_of(value)) end
  if word == "unresolved" and n == 0 then return set_atom("outcome", { "unresolved" }) end
  if (word == "open" or word == "closed") and n == 1 then return set_atom("calendar " .. tostring(value), { word }) end
  if word == "frustrated" and n == 0 then return range_atom(word, ">=", 4) end
  if at_least_words[word] and n == 1 and type(value) == "number" then return range_atom(word, ">=", value) end
  if below_words[word] and n == 1 and type(value) == "number" then return range_atom(word, "<", value) end
end

-- A word of which nothing is known but its text; a function is equal to itself.
local function named_atom(c)
  local key = c.expr or ""
  if key == "" or key:find("^function at ") then return { kind = "same", key = c } end
  return { kind = "same", key = key .. "|" .. tostring(c.op) .. "|" .. tostring(c.threshold) }
end

local function atom_of(c)
  if c.lint_atom == nil then
    c.lint_atom = c.word and c.args and (c.subject and subject_atom(c) or word_atom(c)) or named_atom(c)
  end
  return c.lint_atom
end

local groups = { all = true, any = true, none = true }
function logic.group(c) return c.inner and groups[c.expr] and c.expr or nil end

-- --- one atom and another ---------------------------------------------------------

-- Does some run of its words stand in the set? Then who says it says that too.
local function phrase_within(phrase, set)
  local words = phrase.words
  for from = 1, #words do
    for to = from, #words do
      if set[table.concat(words, " ", from, to)] then return true end
    end
  end
  return false
end

local wider_scope = { says_now = "says" }

local function phrases_imply(a, b)
  if a.scope ~= b.scope and wider_scope[a.scope] ~= b.scope then return false end
  for _, phrase in ipairs(a.list) do if not phrase_within(phrase, b.set) then return false end end
  return true
end

local function passes(value, range)
  local n = tonumber(value)
  if not n then return false end
  if range.op == ">=" then return n >= range.limit end
  if range.op == "<=" then return n <= range.limit end
  return n < range.limit
end

local function set_implies(a, b)
  if b.kind == "present" then return true end
  for _, value in ipairs(a.list) do
    if b.kind == "set" and not b.set[value] or b.kind == "range" and not passes(value, b) then return false end
  end
  return b.kind == "set" or b.kind == "range"
end

local function range_implies(a, b)
  if b.kind == "present" then return true end
  if b.kind ~= "range" then return false end
  if a.op == ">=" then return b.op == ">=" and a.limit >= b.limit end
  if a.op == "<" then return (b.op == "<" or b.op == "<=") and a.limit <= b.limit end
  return b.op == "<=" and a.limit <= b.limit or b.op == "<" and a.limit < b.limit
end

-- Whoever asks directly also asks directly or vaguely.
local human, human_vague = "asks_for_human()|nil|nil", "asks_for_human \"vague\"|nil|nil"

local function implies(a, b)
  if a == b then return true end
  if a.kind == "same" or b.kind == "same" then
    return a.key ~= nil and (a.key == b.key or a.key == human and b.key == human_vague)
  end
  if a.kind == "phrases" then return b.kind == "phrases" and phrases_imply(a, b) end
  if a.subject ~= b.subject then return false end
  if a.kind == "set" then return set_implies(a, b) end
  if a.kind == "range" then return range_implies(a, b) end
  return a.kind == b.kind
end

local function set_excludes(set, other)
  for _, value in ipairs(set.list) do
    if other.kind == "set" and other.set[value] or other.kind == "range" and passes(value, other) then return false end
  end
  return true
end

local function ranges_exclude(a, b)
  if a.op ~= ">=" then a, b = b, a end
  if a.op ~= ">=" or b.op == ">=" then return false end
  return b.op == "<" and a.limit >= b.limit or b.op == "<=" and a.limit > b.limit
end

local function excludes(a, b)
  if a.subject == nil or a.subject ~= b.subject then return false end
  if a.kind == "missing" or b.kind == "missing" then return a.kind ~= b.kind end
  if a.kind == "present" or b.kind == "present" then return false end
  if a.kind == "set" then return set_excludes(a, b) end
  if b.kind == "set" then return set_excludes(b, a) end
  return ranges_exclude(a, b)
end

-- --- terms ------------------------------------------------------------------------

local function fact_gives(fact, atom)
  if not fact.no then return implies(fact.atom, atom) end
  return atom.kind == "present" and fact.atom.kind == "missing" and fact.atom.subject == atom.subject or
    atom.kind == "missing" and fact.atom.kind == "present" and fact.atom.subject == atom.subject
end

local function fact_denies(fact, atom)
  if fact.no then return implies(atom, fact.atom) end
  return excludes(fact.atom, atom)
end

local function gives(term, atom)
  for _, fact in ipairs(term) do if fact_gives(fact, atom) then return true end end
  return false
end

local function denies(term, atom)
  for _, fact in ipairs(term) do if fact_denies(fact, atom) then return true end end
  return false
end

-- Two facts of a term that cannot hold together, or nil.
function logic.clash(term)
  for i, fact in ipairs(term) do
    for k = i + 1, #term do
      local other = term[k]
      local never
      if other.no then never = fact_gives(fact, other.atom) else never = fact_denies(fact, other.atom) end
      if never then return fact, other end
    end
  end
end

local function single(atom, item)
  if atom.kind == "phrases" then
    return { kind = "phrases", scope = atom.scope, list = { item }, set = { [table.concat(item.words, " ")] = true } }
  end
  return set_atom(atom.subject, { item })
end

local function join(a, b)
  local term = {}
  for i, fact in ipairs(a) do term[i] = fact end
  for _, fact in ipairs(b) do term[#term + 1] = fact end
  return term
end

local expand

-- Every way to take one term of each child.
local function product(children, no, split)
  local terms = { {} }
  for _, child in ipairs(children) do
    local more = expand(child, no, split)
    if not more or #terms * #more > TERMS_MAX then return nil end
    local new = {}
    for _, a in ipairs(terms) do for _, b in ipairs(more) do new[#new + 1] = join(a, b) end end
    terms = new
  end
  return terms
end

local function union(children, no, split)
  local terms = {}
  for _, child in ipairs(children) do
    local more = expand(child, no, split)
    if not more or #terms + #more > TERMS_MAX then return nil end
    for _, term in ipairs(more) do terms[#terms + 1] = term end
  end
  return terms
end

local function leaf_terms(c, no, split)
  local atom = atom_of(c)
  if no or not split or not atom.list or #atom.list == 1 then return { { { atom = atom, no = no, from = c } } } end
  local terms = {}
  for i, item in ipairs(atom.list) do terms[i] = { { atom = single(atom, item), from = c, item = item } } end
  return terms
end

expand = function(c, no, split)
  local word = logic.group(c)
  if not word then return leaf_terms(c, no, split) end
  if word == "all" then return (no and union or product)(c.inner, no, split) end
  if word == "any" then return (no and product or union)(c.inner, no, split) end
  return (no and union or product)(c.inner, not no, split)
end

-- The terms of a condition (no: of its opposite), lists taken apart when that
-- stays small; nil when even the whole lists are too many.
function logic.terms(c, no)
  return expand(c, no or false, true) or expand(c, no or false, false)
end

local entails, refutes

entails = function(term, c)
  local word = logic.group(c)
  if not word then return gives(term, atom_of(c)) end
  for _, child in ipairs(c.inner) do
    if word == "any" then
      if entails(term, child) then return true end
    elseif word == "all" and not entails(term, child) or word == "none" and not refutes(term, child) then
      return false
    end
  end
  return word ~= "any"
end

refutes = function(term, c)
  local word = logic.group(c)
  if not word then return denies(term, atom_of(c)) end
  for _, child in ipairs(c.inner) do
    if word == "any" then
      if not refutes(term, child) then return false end
    elseif word == "all" and refutes(term, child) or word == "none" and entails(term, child) then
      return true
    end
  end
  return word == "any"
end
logic.entails = entails

-- --- whole conditions ---------------------------------------------------------------

-- Can it never hold? Then the two facts that are in each other's way.
function logic.never(c)
  local terms = logic.terms(c)
  if not terms then return nil end
  local one, other
  for _, term in ipairs(terms) do
    local a, b = logic.clash(term)
    if not a then return nil end
    one, other = one or a, other or b
  end
  return one, other
end

-- Does a imply b, in each way in which a can hold?
function logic.implies(a, b)
  local terms = logic.terms(a)
  if not terms then return false end
  for _, term in ipairs(terms) do
    if not logic.clash(term) and not entails(term, b) then return false end
  end
  return true
end

-- Can both hold at the same moment, for all that is known?
function logic.may_meet(a, b)
  return not logic.never { expr = "all", inner = { a, b } }
end

local floor = { turns = 1, failed_attempts = 0, repeats = 0, frustrated = 0, complexity = 0 }

-- True whenever a customer writes: nothing gets past it.
function logic.always(c)
  local word = logic.group(c)
  if not word then
    local atom = atom_of(c)
    return atom.kind == "range" and atom.op == ">=" and atom.limit <= (floor[atom.subject] or -math.huge) or
      atom.kind == "set" and atom.subject == "event" and atom.set["message.created"] == true
  end
  if word == "none" then
    for _, child in ipairs(c.inner) do if not logic.never(child) then return false end end
    return true
  end
  local every = true
  for _, child in ipairs(c.inner) do
    local yes = logic.always(child)
    if yes and word == "any" then return true end
    every = every and yes
  end
  if word == "all" then return every end
  local opposite = logic.terms(c, true)
  if not opposite then return false end
  for _, term in ipairs(opposite) do if not logic.clash(term) then return false end end
  return true
end

-- fn(leaf, alone): every leaf; alone says whether it can decide without others.
function logic.each_leaf(c, fn, alone)
  if alone == nil then alone = true end
  local word = logic.group(c)
  if not word then
    fn(c, alone)
    return
  end
  local inside = alone and (word == "any" or word == "all" and #c.inner == 1)
  for _, child in ipairs(c.inner) do logic.each_leaf(child, fn, inside) end
end

-- fn(node): every all, any and none, outer ones first; true ends the way down.
function logic.each_group(c, fn)
  if not logic.group(c) or fn(c) then return end
  for _, child in ipairs(c.inner) do logic.each_group(child, fn) end
end
