-- tries: keep small tables until nothing is left | must: end with the memory | expect: memory or budget
return function()
  local top = {}
  while true do top = { top, {}, {}, {} } end
end
