-- tries: replace each of a hundred thousand characters by a long text, by table and by function | must: be refused by its length | expect: memory
return function()
  local s, long = ("."):rep(100000), ("L"):rep(100000)
  pcall(string.gsub, s, ".", { ["."] = long })
  pcall(string.gsub, s, ".", function() return long end)
  return "ESCAPED: " .. #(s:gsub(".", "%0%0%0%0" .. long))
end
