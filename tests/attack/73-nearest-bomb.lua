-- tries: measure how near long names are to long names | must: end with the budget | expect: budget
return function()
  local names = {}
  for i = 1, 2000 do names[i] = ("n"):rep(200) .. i end
  while true do text.nearest(("n"):rep(5000), names) end
end
