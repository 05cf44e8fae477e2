-- tries: raise the limits of a match from within the expression | must: keep the limits that were set | expect: budget
return function()
  local s = ("a"):rep(400) .. "!"
  regex.match("(*LIMIT_MATCH=4000000000)(*LIMIT_DEPTH=4000000000)(*LIMIT_HEAP=4000000000)^(a|aa)+$", s)
  return "ESCAPED: it ended"
end
