-- tries: empty a large table and look for its first key again and again, which walks all of it | must: end with a limit, the wall at the latest | expect: budget or wall
return function()
  local t = {}
  for i = 1, 30000 do t["k" .. i] = i end
  for i = 1, 30000 do t["k" .. i] = nil end
  while true do
    if next(t) then return "ESCAPED: it is not empty" end
  end
end
