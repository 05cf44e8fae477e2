-- tries: find a coroutine, a thread or a userdata among all values that can be reached | must: find tables, functions and plain values only | expect: contained
return function(conversation)
  local seen, strange = {}, nil
  local function look(v)
    local kind = type(v)
    if kind == "thread" or kind == "userdata" and v ~= json.null then strange = kind end
    if kind ~= "table" or seen[v] then return end
    seen[v] = true
    local ok = pcall(function() for key, one in pairs(v) do look(key) look(one) end end)
    look(getmetatable(v))
  end
  for _, library in ipairs { string, table, math, utf8, text, time, digest, base64, url, regex, json } do look(library) end
  look(_ENV)
  look(conversation)
  if strange then return "ESCAPED: a " .. strange end
  return "done"
end
