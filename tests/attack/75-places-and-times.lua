-- tries: ask where() for levels that are not there, and time for years that are not | must: give nil or an error for each | expect: contained
return function()
  for _, level in ipairs { -1, 0, 1, 63, 64, 65, math.maxinteger, math.mininteger } do
    local ok, place = pcall(where, level)
    if ok and place and place:sub(1, 1) == "/" then return "ESCAPED: a path of the machine" end
    pcall(error, "x", level)
  end
  for _, ms in ipairs { math.maxinteger, math.mininteger, -1, 253402300800000, 0 / 0, 1e300 } do pcall(time.format, ms) end
  for _, s in ipairs { "", "2026", "9999-99-99T99:99:99Z", ("9"):rep(99999), "2026-01-01T00:00:00+99:99" } do pcall(time.parse, s) end
  return "done"
end
