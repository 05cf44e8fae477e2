-- tries: run code when the heap is collected, outside all counting, by __gc set early and late | must: refuse __gc, and ignore one that is added afterwards | expect: contained
return function()
  local ran = false
  local late = {}
  local ok = pcall(setmetatable, {}, { __gc = function() ran = true end })
  setmetatable({}, late)
  late.__gc = function() ran = true while true do end end
  setmetatable({}, { __index = late })
  for i = 1, 20000 do local waste = { { i }, tostring(i) } end
  if ok or ran then return "ESCAPED: a finalizer" end
  return "done"
end
