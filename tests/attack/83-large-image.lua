-- tries: keep six megabytes in the image of the set, which each call begins with | must: cost the calls of this set alone | expect: contained or memory
local keep = {}
for i = 1, 30 do keep[i] = ("image"):rep(40000) .. i end
return function() return keep[30]:sub(-2) == "30" and "done" or "ESCAPED" end
