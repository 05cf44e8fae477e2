-- tries: widths, precisions, %q and many %s in string.format | must: refuse or charge | expect: memory or budget or error
return function()
  pcall(string.format, "%999d", 1)
  pcall(string.format, "%1.1000f", 1)
  local wide = ("%-99s"):rep(2000)
  local fine = ("%99.99f"):rep(200)
  local s = ("\1\2\3\\\"\n"):rep(30000)
  while true do
    pcall(string.format, wide, "x")
    pcall(string.format, fine, 1e308)
    local quoted = string.format("%q%q%q", s, s, s)
  end
end
