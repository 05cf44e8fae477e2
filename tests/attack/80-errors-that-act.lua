-- tries: raise a table whose __tostring, __index, __name and __eq spin when it is shown | must: show it without asking it | expect: error
return function()
  local function spin() while true do end end
  error(setmetatable({}, { __tostring = spin, __index = spin, __eq = spin, __concat = spin, __name = ("n"):rep(9000), __metatable_ = spin }))
end
