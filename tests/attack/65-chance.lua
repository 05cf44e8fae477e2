-- tries: find chance: random numbers, addresses, the order of keys, what is left in memory | must: say the same each time, in each process | expect: deterministic
return function()
  local t, seen = {}, {}
  for word in ("the quick brown fox jumps over a lazy dog while nine wizards vex"):gmatch("%a+") do t[word] = #word end
  for key, value in pairs(t) do seen[#seen + 1] = key .. value end
  seen[#seen + 1] = tostring(t) .. tostring(pairs) .. tostring(json.null)
  seen[#seen + 1] = tostring(pcall(function() return math.random(100) end))
  seen[#seen + 1] = tostring(pcall(string.format, "%p", t))
  seen[#seen + 1] = string.format("%s %q", t, 0.1) .. json.encode(t)
  seen[#seen + 1] = tostring(select(2, pcall(error, t)))
  seen[#seen + 1] = tostring(select(2, pcall(function() return t + 1 end)))
  seen[#seen + 1] = url.query(t) .. tostring(next(t)) .. text.count(text.tokens({ "b a", "a c" }))
  return table.concat(seen, ";")
end
