-- tries: have the budget end inside xpcall, so that the handler begins with nothing left | must: never run the handler for it | expect: budget
return function()
  local function spin() while true do end end
  local function again() return xpcall(spin, again) end
  xpcall(spin, again)
  return "ESCAPED: went on after the budget"
end
