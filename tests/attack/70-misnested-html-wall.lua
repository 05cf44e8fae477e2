-- tries: formatting elements that HTML's rules rebuild in every paragraph, which takes the square of the time | must: end with a limit, the wall at the latest | expect: budget or memory or wall
return function()
  local opened = {}
  for i = 1, 2500 do opened[i] = "<font a" .. i .. "=1>" end
  local bomb = table.concat(opened) .. ("<p>x"):rep(20000)
  while true do pcall(text.html_to_text, bomb) end
end
