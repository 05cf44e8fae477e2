-- tries: one character made of a hundred thousand marks, counted and folded again and again | must: end with the budget | expect: budget or memory
return function()
  local s = "e" .. ("\u{301}"):rep(60000)
  while true do
    text.clip(s .. s, 1)
    text.fold(s)
    text.words(s)
  end
end
