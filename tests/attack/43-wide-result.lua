-- tries: return fifty thousand values | must: be refused as a result | expect: bad_result
return function()
  local list = {}
  for i = 1, 50000 do list[i] = i end
  return { action = "keep", tags = list }
end
