-- tries: read a large JSON text again and again | must: end with the budget or the memory | expect: budget or memory or wall
return function()
  local one = "[" .. ('{"k":[1,2,3],"v":"text"},'):rep(8000) .. "0]"
  while true do json.decode(one) end
end
