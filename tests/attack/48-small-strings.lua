-- tries: keep short strings that are all different, each of them in the table of all strings | must: end with the memory or the budget | expect: memory or budget
return function()
  local keep, n = {}, 0
  while true do n = n + 1 keep["key " .. n .. " of many, all of them different"] = "value " .. n end
end
