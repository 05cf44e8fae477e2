-- tries: have the set's file run into one bucket of a hash while it is loaded | must: not load within the wall limit of loading | expect: wall
local t = {}
for i = 1, 90000 do t[i * 65535] = i end
for round = 1, 1000 do
  for i = 1, 90000 do if t[-i * 65535] then return nil end end
end
