-- tries: stop, tune or query the collector, or see it by its traces | must: have no such word, and no trace | expect: deterministic
return function()
  local seen = {}
  for _, option in ipairs { "stop", "count", "generational", "collect", "setpause" } do
    seen[#seen + 1] = tostring(pcall(function() return collectgarbage(option) end))
  end
  for _ = 1, 2000 do local waste = { {} } end
  seen[#seen + 1] = tostring({})
  return table.concat(seen, ",")
end
