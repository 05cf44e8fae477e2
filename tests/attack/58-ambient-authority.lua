-- tries: name each word that reaches files, processes, the clock, the debugger or other modules | must: know none of them | expect: contained
local names = { "io", "os", "debug", "package", "require", "dofile", "loadfile", "load", "loadstring", "collectgarbage", "print", "warn",
  "newproxy", "coroutine", "bit32", "ffi", "jit", "arg", "module", "setfenv", "getfenv", "_G", "given", "rule_language", "socket", "ngx", "posix" }
return function()
  for _, name in ipairs(names) do
    local ok, value = pcall(function() return _ENV[name] end)
    if ok and value ~= nil then return "ESCAPED: " .. name end
    if rawget(_ENV, name) ~= nil then return "ESCAPED: raw " .. name end
  end
  for _, library in ipairs { string, table, math, utf8, text, time } do
    for _, name in ipairs { "dump", "execute", "getenv", "popen", "open", "time", "clock", "date", "now", "randomseed", "random", "sethook" } do
      if library[name] ~= nil then return "ESCAPED: a library has " .. name end
    end
  end
  return "done"
end
