-- tries: spin in the __close of a variable that goes out of scope by an error | must: end with the budget | expect: budget
return function()
  local last <close> = setmetatable({}, { __close = function() while true do end end })
  error("leaving")
end
