-- tries: return a thousand tables within each other | must: be refused as a result | expect: bad_result
return function()
  local top = {}
  local at = top
  for i = 1, 1000 do at.inner = { i = i } at = at.inner end
  return top
end
