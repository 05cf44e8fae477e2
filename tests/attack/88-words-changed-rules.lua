-- tries: replace the words that rules are written with, for the files behind this one | must: not load, with the reason | expect: bad_set
local function nothing() return { test = function() return false end } end
for _, name in ipairs { "says", "all", "any", "turns", "rule", "where" } do pcall(rawset, _ENV, name, nothing) end
says = nothing
