-- tries: comparators that always say yes, say both, change the list or raise | must: end with a list that has the same items, or an error | expect: contained or budget
return function()
  local function list() local t, x = {}, 7 for i = 1, 300 do x = x * 75 % 65537 t[i] = x end return t end
  local t = list()
  pcall(table.sort, t, function() return true end)
  if #t ~= 300 then return "ESCAPED: items were lost" end
  pcall(table.sort, t, function(a, b) return a ~= b end)
  pcall(table.sort, t, function(a, b) t[#t] = nil t[#t + 2] = a return b < a end)
  pcall(table.sort, t, function(a) error(t) end)
  pcall(table.sort, t, function(a, b) table.sort(t) return a < b end)
  pcall(table.sort, { 1, "a", {}, false, nil, 2 })
  pcall(table.sort, { 0 / 0, 1, 0 / 0, 2, 0 / 0 })
  return "done"
end
