-- tries: read through nineteen hundred metatables a time, all of it within one instruction | must: end with the wall limit at the latest | expect: wall
return function()
  local names, chain = {}, {}
  for i = 1, 1900 do chain = setmetatable({ ["k" .. i] = i }, { __index = chain }) end
  local hits = 0
  while true do
    for i = 1, 50 do if chain.nothing or chain.k1 == 0 then hits = hits + i end end
  end
end
