-- tries: give table words a __len of 2^50 so that they walk through nothing for ever | must: refuse such tables | expect: contained
return function()
  local huge = 1 << 50
  local function fake() return setmetatable({}, { __len = function() return huge end, __index = rawlen }) end
  local calls = {
    function(t) table.insert(t, 1, "x") end, function(t) table.remove(t, 1) end, function(t) return table.concat(t) end,
    function(t) return table.unpack(t) end, function(t) table.sort(t, rawequal) end, function(t) table.insert(t, "x") end,
    function(t) return table.remove(t) end,
  }
  for i, call in ipairs(calls) do
    if pcall(call, fake()) then return "ESCAPED: word " .. i .. " took it" end
  end
  return "done"
end
