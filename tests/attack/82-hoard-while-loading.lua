-- tries: fill the image of the set while it is loaded, so that each call has to copy it | must: not load, with the reason | expect: bad_set
local keep = {}
for i = 1, 1e9 do keep[i] = ("image"):rep(100000) .. i end
return function() return #keep end
