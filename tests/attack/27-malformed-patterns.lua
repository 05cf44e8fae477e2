-- tries: patterns that end in the middle, point to groups that are not there, or nest too deeply | must: give an error for each | expect: contained
return function()
  local bad = { "%", "[", "[%", "[^", "(", ")", "(()", "%b", "%bx", "%f", "%1", "(%1)", "%g%9", "[a-", "[]", "%f[",
    ("("):rep(40), ("(a"):rep(33) .. (")"):rep(33), ("a?"):rep(5000), ("[[[["):rep(100), "\0[\0-\255]", "%0" }
  for _, pattern in ipairs(bad) do
    for _, f in ipairs { string.find, string.match, string.gmatch, string.gsub } do
      local ok, next_one = pcall(f, ("a"):rep(300), pattern, "%1%2")
      if ok and type(next_one) == "function" then pcall(next_one) end
    end
  end
  return "done"
end
