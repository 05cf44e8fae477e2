-- tries: compare strings of a quarter of a megabyte that differ at their ends only, one instruction each | must: end with the wall limit at the latest | expect: wall
return function()
  local body = ("a"):rep(250000)
  local x, y, n = body .. "x", body .. "y", 0
  while true do
    if x < y then n = n + 1 end
    if y <= x then n = n - 1 end
  end
end
