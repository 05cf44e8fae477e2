-- tries: leave globals and changed words behind for the next call | must: leave all as it was: the victim says clean | expect: contained
local victim = [[ return type(1) == "number" and left_behind == nil and type(pairs {}) == "function" and "clean" or "ESCAPED" ]]
local calls = 0
return function()
  calls = calls + 1
  pcall(function() left_behind = calls end)
  pcall(rawset, _ENV, "left_behind", calls)
  pcall(rawset, _ENV, "type", function() return "taken" end)
  pcall(setmetatable, _ENV, { __index = function() return calls end })
  pcall(function() pairs, ipairs, type = nil, nil, nil end)
  pcall(function() for name in pairs(_ENV) do rawset(_ENV, name, nil) end end)
  return calls == 1 and "done" or "ESCAPED: the last call left something behind"
end
