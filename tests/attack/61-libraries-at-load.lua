-- tries: change the libraries while the set is loaded, when what is done stays for all calls | must: refuse: the file behind this one sees them as they are | expect: error
for _, library in ipairs { table, math, text, json, utf8, regex, digest } do
  pcall(rawset, library, "concat", function() return "taken" end)
  pcall(setmetatable, library, nil)
  pcall(table.insert, library, 1)
  pcall(table.remove, library)
end
table.concat = function() return "taken" end
return function() return "ESCAPED: a library was changed" end
