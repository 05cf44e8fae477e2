-- tries: change what s:upper() means for everybody, through the metatable of strings or the library | must: leave all as it was: the victim says clean | expect: contained
local victim = [[ return ("ab"):upper() == "AB" and ("x"):rep(2) == "xx" and string.sub("abc", 2) == "bc" and "clean" or "ESCAPED" ]]
local function evil() return "taken" end
local function poison()
  pcall(function() getmetatable("").__index = evil end)
  pcall(function() getmetatable("x").__concat = evil end)
  pcall(function() string.upper = evil end)
  pcall(rawset, string, "upper", evil)
  pcall(function() setmetatable(string, { __index = evil }) end)
  pcall(table.insert, string, evil)
  pcall(table.move, { evil }, 1, 1, 1, string)
  pcall(table.sort, string)
  pcall(function() getmetatable(string).__index.upper = evil end)
end
poison()
return function()
  poison()
  return ("ab"):upper() == "AB" and "done" or "ESCAPED: upper was changed"
end
