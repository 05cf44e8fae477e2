-- tries: fill the heap with compiled expressions, which are not collected | must: end with the memory or the budget | expect: memory or budget
return function()
  for i = 1, 1e9 do regex.test(i .. ("(x|y){0,90}"):rep(20)) end
end
