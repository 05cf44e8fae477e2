-- tries: make more garbage than the heap holds, again and again, so that collecting takes the time | must: end with a limit | expect: budget or memory
return function()
  local ring = {}
  for i = 1, 1e9 do
    local cell = { i, function() return ring end }
    cell[3] = cell
    ring[i % 40000] = cell
  end
end
