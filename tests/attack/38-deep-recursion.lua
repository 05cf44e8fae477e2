-- tries: call oneself without end, plainly, through pcall, tostring, gsub, sort and select | must: give an error that can be caught, or a limit | expect: contained or memory
return function()
  local function plain() return (plain()) end
  local function protected() return pcall(protected), 1 end
  local shown = setmetatable({}, {})
  getmetatable(shown).__tostring = function(t) return "<" .. tostring(t) .. ">" end
  local function replaced() return (("a"):gsub("a", replaced)) end
  local function chosen(...) return (select(1, chosen(...))) end
  for _, f in ipairs { plain, protected, function() return tostring(shown) end, replaced, chosen } do pcall(f) end
  return "done"
end
