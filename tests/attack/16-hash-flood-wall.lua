-- tries: fill one bucket of a hash with forty thousand keys | must: end with the wall limit at the latest | expect: wall
return function()
  local step, t = 65535, {}
  for i = 1, 45000 do t[i * step] = i end
  local sum = 0
  for round = 1, 1000 do
    for i = 45000, 1, -1 do sum = sum + (t[-i * step] or 0) end
  end
  return "ESCAPED: " .. sum
end
