-- tries: count over all integers with an empty body, one instruction a round | must: end with the budget | expect: budget
return function()
  for _ = math.mininteger, math.maxinteger do end
  return "ESCAPED: counted them all"
end
