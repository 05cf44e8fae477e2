-- tries: load a chunk from bytes: made up, dumped, or as a reader function | must: have nothing that loads | expect: contained
return function()
  for _, name in ipairs { "load", "loadstring", "loadfile", "dofile" } do
    local ok, f = pcall(function() return _ENV[name] end)
    if ok and f ~= nil then
      pcall(f, "\27Lua\x54\0\x19\x93\r\n\x1a\n", "b", "b")
      return "ESCAPED: " .. name
    end
  end
  if pcall(function() return string.dump(function() end) end) then return "ESCAPED: string.dump" end
  return "done"
end
