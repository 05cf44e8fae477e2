-- tries: change what conditions do for all rules, through the object that a condition word returns | must: leave the rule of the next file as it was, a neighbour that answers the same | expect: ok for the neighbour
local function never() return false end
local word = says { "nothing of the kind" }
for _, one in pairs { getmetatable(word), word.__index } do
  pcall(function() one.test, one.explain, one.evidence = never, never, never end)
  pcall(function() one.__index = { test = never, explain = never, evidence = never } end)
end
pcall(function() getmetatable(word).__index.test = never end)
rule "of no account" { when = word, keep = true }
