-- tries: walk over empty matches, with a position far behind the text, and with a throwing body | must: end with the budget | expect: budget
return function()
  local s = (" "):rep(200000)
  for _ in s:gmatch("()", math.maxinteger) do end
  while true do
    for at in s:gmatch("()x-") do
      pcall(function() if at % 7 == 0 then error({}) end end)
    end
  end
end
