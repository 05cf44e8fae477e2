-- tries: Markdown that nests quotes, lists, emphasis and links without closing them | must: end with plain text or a limit | expect: contained or budget or memory
return function()
  local bombs = { (">"):rep(50000), ("* "):rep(20000), ("- > "):rep(10000), ("["):rep(50000), ("!["):rep(20000), ("*a_"):rep(20000), ("`"):rep(9999),
    ("a**b"):rep(10000), ("<a"):rep(20000), ("[a]("):rep(20000), ("&#x0;"):rep(9000), ("    x\n"):rep(9000), ("\\"):rep(50001) }
  for _, one in ipairs(bombs) do pcall(text.markdown_to_text, one) end
  return "done"
end
