-- tries: recurse through __index, __newindex, __call, __concat, __eq, __lt, __unm and __len until the C stack ends | must: give an error a script can catch | expect: contained
return function()
  local t = {}
  local meta = {
    __index = function(s, k) return s[k + 1] end, __newindex = function(s, k, v) s[k + 1] = v end,
    __call = function(s, n) return s(n + 1) + 1 end, __concat = function(a, b) return a .. b end,
    __lt = function(a, b) return a < b end, __le = function(a, b) return a <= b end,
    __unm = function(a) return -a end, __len = function(a) return #a end, __add = function(a, b) return a + b end,
  }
  local u = setmetatable({}, meta)
  setmetatable(t, meta)
  meta.__eq = function(a, b) return a == b end
  pcall(function() return t[1] end)
  pcall(function() t[1] = 1 end)
  pcall(function() return t(1) end)
  pcall(function() return t .. u end)
  pcall(function() return t < u end)
  pcall(function() return t <= u end)
  pcall(function() return -t end)
  pcall(function() return #t end)
  pcall(function() return t + u end)
  pcall(function() return t == u end)
  return "done"
end
