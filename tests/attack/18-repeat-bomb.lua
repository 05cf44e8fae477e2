-- tries: ask string.rep for more bytes than there are, plainly and by an overflow of the product | must: refuse without touching memory | expect: memory or error
return function()
  pcall(string.rep, "ab", math.maxinteger)
  pcall(string.rep, "ab", math.maxinteger // 2, "c")
  local s = ("0123456789"):rep(1 << 36)
  return "ESCAPED: " .. #s
end
