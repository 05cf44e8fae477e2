-- tries: catch each refused allocation and ask again, so that each costs a full collection | must: end at the first refusal | expect: memory
return function()
  local keep = {}
  for i = 1, 30000 do keep[i] = { i, {} } end
  while true do
    pcall(string.rep, "y", 1 << 30)
    xpcall(string.rep, function() return string.rep("y", 1 << 29) end, "y", 1 << 30)
  end
end
