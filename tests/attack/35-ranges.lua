-- tries: ranges of 2^60 numbers, and such whose ends wrap around, in all words that take one | must: refuse each at once | expect: contained
return function()
  local most, least = math.maxinteger, math.mininteger
  local calls = {
    function() table.move({}, 1, most, 2) end, function() table.move({}, least, most, 1) end,
    function() table.move({ 1, 2 }, 1, 2, most) end, function() table.move({}, -5, most - 5, 3) end,
    function() return table.unpack({}, 1, most) end, function() return table.unpack({}, least, most) end,
    function() return table.unpack({}, most - 1000000, most) end, function() return table.concat({}, "", 1, most) end,
    function() return table.concat({}, "x", least, most) end, function() return ("x"):rep(10):byte(1, most, 3) > 300 end,
    function() return string.char(table.unpack({}, 1, 20000)) end, function() table.insert({}, most, 1) end,
    function() table.remove({}, least) end,
  }
  for i, call in ipairs(calls) do
    if pcall(call) and i ~= 10 then return "ESCAPED: range " .. i .. " was walked" end
  end
  return "done"
end
