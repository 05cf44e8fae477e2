-- tries: spin in the plainest loop there is | must: end with the budget | expect: budget
return function()
  local n = 0
  while n >= 0 do n = (n + 1) % 7 end
end
