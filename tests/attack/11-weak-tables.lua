-- tries: get a weak table, whose entries vanish at times of the collector's choosing | must: refuse __mode | expect: contained
return function()
  for _, mode in ipairs { "k", "v", "kv", "" } do
    if pcall(setmetatable, {}, { __mode = mode }) then return "ESCAPED: a weak table" end
  end
  return "done"
end
