-- tries: have pairs sort thirty thousand keys again and again, or hand it keys without an order | must: charge for sorting, refuse the others | expect: budget
return function()
  if pcall(pairs, { [{}] = 1 }) or pcall(pairs, { [pairs] = 1 }) then return "ESCAPED: keys without an order" end
  local t = {}
  for i = 1, 30000 do t["key" .. i] = i end
  while true do pairs(t) end
end
