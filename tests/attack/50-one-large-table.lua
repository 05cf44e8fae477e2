-- tries: make one table grow past the largest block, by number, by name and by nil at the end | must: end with the memory | expect: memory
return function()
  local t = {}
  for i = 1, 1 << 24 do t[i] = true end
  return "ESCAPED: " .. #t
end
