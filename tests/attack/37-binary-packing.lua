-- tries: make bytes of any size with string.pack, read past a string with string.unpack, overflow packsize | must: have none of them | expect: contained
return function()
  for _, name in ipairs { "pack", "unpack", "packsize", "dump" } do
    local ok, f = pcall(function() return string[name] end)
    if ok and f ~= nil then return "ESCAPED: string." .. name end
    ok, f = pcall(function() return (""):pack("i16") end)
    if ok then return "ESCAPED: s:pack" end
  end
  return "done"
end
