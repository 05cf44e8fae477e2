-- tries: millions of words, in one text and in many, folded and indexed again and again | must: end with the budget or the memory | expect: budget or memory
return function()
  local s, list = ("\u{e9} "):rep(60000), {}
  for i = 1, 5000 do list[i] = "w" .. i end
  while true do
    text.words(s)
    text.tokens(list)
    text.tokens({ s, s, s })
  end
end
