-- tries: raise in the handler of a handler of a handler, on a stack that is full | must: end with an ordinary error each time | expect: contained
return function()
  local function down(n) return 1 + down(n + 1) end
  local function chain(n)
    if n == 0 then error("bottom") end
    return xpcall(chain, function(e) return chain(n - 1) end, n - 1)
  end
  for n = 1, 6 do chain(n) end
  xpcall(down, function() return down(1) end, 1)
  return "done"
end
