-- tries: run functions with globals of one's own: a local _ENV, setfenv, a table over the real one | must: show nothing but the words of the language | expect: contained
return function()
  local real = _ENV
  local function inside(_ENV) return io or os or debug or package or require or load end
  local ok, found = pcall(inside, setmetatable({}, { __index = function(_, k) return rawget(real, k) end }))
  if ok and found then return "ESCAPED: something was there" end
  ok, found = pcall(inside, real)
  if ok and found then return "ESCAPED: something was there" end
  for _, name in ipairs { "setfenv", "getfenv", "_G", "_VERSION", "module" } do
    ok, found = pcall(function() return real[name] end)
    if ok and found ~= nil then return "ESCAPED: " .. name end
  end
  return "done"
end
