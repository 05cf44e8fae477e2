-- tries: pass ten thousand values on at each level of a recursion, and select among them from behind | must: end with an error or a limit | expect: budget or memory or wall
return function()
  local list = {}
  for i = 1, 9999 do list[i] = i end
  local function on(...)
    return select("#", ...), select(-1, ...), on(table.unpack(list))
  end
  while true do pcall(on) end
end
