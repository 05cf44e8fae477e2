-- tries: leave eighty __close handlers behind that each catch the end of the budget and spin on | must: end with the budget | expect: budget
return function()
  local spin = { __close = function() pcall(function() while true do end end) while true do end end }
  local function open(n)
    local held <close> = setmetatable({}, spin)
    if n > 0 then open(n - 1) end
    while true do end
  end
  open(80)
end
