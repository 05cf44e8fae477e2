-- What a Perl-like expression costs, from its text alone: a repetition inside a
-- repetition tries every way to share the text between the two, and several
-- ".*" in a row try every pair of places. The engine ends such a search at its
-- limit, and then the rule does not match.

local lint = rule_language.lint

-- One step of a pattern: "class", "escape", "open", "close", "or", "repeat"
-- (unbounded), "count" (bounded), "possessive" or "char", and what is behind it.
local function step(s, at)
  local ch = s:sub(at, at)
  if ch == "\\" then
    if s:sub(at, at + 1) == "\\Q" then
      local _, last = s:find("\\E", at, true)
      return "char", (last or #s) + 1
    end
    return "escape", at + 2
  end
  if ch == "[" then
    local k = at + 1
    if s:sub(k, k) == "^" then k = k + 1 end
    if s:sub(k, k) == "]" then k = k + 1 end
    while k <= #s and s:sub(k, k) ~= "]" do
      if s:sub(k, k) == "\\" then
        k = k + 1
      elseif s:sub(k, k + 1) == "[:" then
        local _, last = s:find(":]", k, true)
        k = last or k
      end
      k = k + 1
    end
    return "class", k + 1
  end
  if ch == "(" then return "open", at + 1 end
  if ch == ")" then return "close", at + 1 end
  if ch == "|" then return "or", at + 1 end
  if ch == "*" or ch == "+" then return "repeat", at + 1 end
  if ch == "?" then return "count", at + 1 end
  if ch == "{" then
    local low, comma, high, last = s:match("^{(%d+)(,?)(%d*)}()", at)
    if low then return (comma == "," and high == "") and "repeat" or "count", last end
  end
  return "char", at + 1
end

-- (?: (?i: (?= (?<name> ... : where the content begins, and whether the group
-- gives nothing back once matched.
local function group_head(s, at)
  local rest = s:sub(at)
  if rest:sub(1, 1) == "*" then return (rest:find(")", 1, true) or 1) + at - 1, false end
  if rest:sub(1, 1) ~= "?" then return at, false end
  if rest:match("^%?#") then return (s:find(")", at, true) or #s), false end
  local head = rest:match("^%?P?[<'][%w_]+[>']") or rest:match("^%?<?[=!]") or rest:match("^%?[>|:]") or
    rest:match("^%?[%a%-^]*:") or rest:match("^%?[%a%-^]*") or "?"
  return at + #head, rest:sub(1, 2) == "?>"
end

-- What kind of cost, or nil: "nested" or "chain".
function lint.pattern_cost(s)
  local at, stack = 1, {}
  local here = { dots = 0 } -- dots: ".*" since the branch began
  local last -- what a quantifier would repeat
  local cost
  while at <= #s do
    local kind, next_at = step(s, at)
    if kind == "open" then
      local inside, atomic = group_head(s, next_at)
      stack[#stack + 1] = here
      here = { dots = 0, atomic = atomic }
      last, at = nil, inside
    elseif kind == "close" then
      last = { loops = here.loops and not here.atomic }
      local dots = here.dots
      here = table.remove(stack) or { dots = 0 }
      here.dots = here.dots + (last.loops and dots or 0)
      here.loops = here.loops or last.loops
      if here.dots >= 2 then cost = cost or "chain" end
      at = next_at
    elseif kind == "or" then
      here.dots, last, at = 0, nil, next_at
    elseif kind == "repeat" then
      local possessive = s:sub(next_at, next_at) == "+"
      if last and last.loops and not possessive then cost = "nested" end
      if not possessive then
        here.loops = true
        if last and last.dot then here.dots = here.dots + 1 end
      end
      if here.dots >= 2 then cost = cost or "chain" end
      if s:sub(next_at, next_at):match("[+?]") then next_at = next_at + 1 end
      last, at = nil, next_at
    elseif kind == "count" then
      last, at = nil, next_at
    else
      last = { dot = s:sub(at, at) == "." }
      at = next_at
    end
  end
  return cost
end
