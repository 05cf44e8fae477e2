-- tries: sort in the comparator of a sort, without end | must: end with an error or the budget | expect: budget or memory or wall
return function()
  local function deep()
    table.sort({ 3, 1, 2 }, function(a, b) deep() return a < b end)
  end
  while true do pcall(deep) end
end
