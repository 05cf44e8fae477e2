-- tries: replace words of the language for the files behind this one | must: refuse: they see them as they are | expect: error
pcall(rawset, _ENV, "tostring", function() return "taken" end)
pcall(function() local here = _ENV here.pairs = nil end)
local meta = getmetatable(_ENV)
if meta then meta.__index = { type = error } end
tostring = function() return "taken" end
return function() return "ESCAPED: a word was changed" end
