-- tries: read and write JSON a hundred thousand levels deep | must: give an error for each | expect: contained
return function()
  if pcall(json.decode, ("["):rep(100000)) then return "ESCAPED: read half a list" end
  if pcall(json.decode, ("["):rep(1000) .. ("]"):rep(1000)) then return "ESCAPED: read a deep list" end
  pcall(json.decode, ('{"a":'):rep(30000) .. "1" .. ("}"):rep(30000))
  local deep = {}
  for _ = 1, 5000 do deep = { deep } end
  if pcall(json.encode, deep) then return "ESCAPED: wrote a deep list" end
  return "done"
end
