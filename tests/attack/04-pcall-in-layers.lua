-- tries: catch the end of the budget in one of a hundred nested pcalls and go on | must: raise it again in each of them | expect: budget
return function()
  local function spin() while true do end end
  local function layer(n)
    if n == 0 then return spin() end
    pcall(layer, n - 1)
    return layer(n - 1)
  end
  while true do pcall(layer, 100) end
end
