-- tries: return a table that holds itself in a list and in a map | must: be refused as a result | expect: bad_result
return function()
  local a, b = { name = "a" }, { name = "b" }
  a.other, b.other = { b, b }, { a, a }
  return a
end
