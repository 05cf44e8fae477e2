-- tries: return forty small tables that unfold into 2^40 values, in the result and in its trace | must: be refused as a result after few of them | expect: bad_result
return function()
  local fan = { 1 }
  for _ = 1, 38 do fan = { fan, fan } end
  return { action = "keep", trace = fan }
end
