-- tries: write a table that holds itself, or that unfolds into 2^50 values, as JSON | must: end with an error or a limit | expect: error or budget or memory
return function()
  local ring = {}
  ring[1] = ring
  if pcall(json.encode, ring) then return "ESCAPED: wrote a circle" end
  local fan = { "leaf" }
  for _ = 1, 50 do fan = { fan, fan } end
  return "ESCAPED: " .. #json.encode(fan)
end
