-- tries: require files outside the set, the files of the language, and oneself | must: not load, with the reason | expect: bad_set
local names = { "../../etc/passwd", "/etc/passwd", "std", "runner", "os", "io", "", ".", ("x"):rep(5000), "a\0b" }
for _, name in ipairs(names) do
  if pcall(require, name) then return function() return "ESCAPED: " .. name end end
end
local module = require("84-files-of-others")
return function() return "ESCAPED: required oneself" end
