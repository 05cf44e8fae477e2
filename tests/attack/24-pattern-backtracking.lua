-- tries: patterns that try all ways to cut a text into pieces | must: end with the steps that patterns may take | expect: budget
return function()
  local s = ("a"):rep(2500)
  return s:find(("a*"):rep(9) .. "b") or "ESCAPED: it ended"
end
