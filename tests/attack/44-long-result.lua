-- tries: return texts that are each allowed and too long together | must: be refused as a result | expect: bad_result
return function()
  local s, out = ("t"):rep(9000), {}
  for i = 1, 200 do out[i] = s end
  return out
end
