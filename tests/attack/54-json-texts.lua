-- tries: JSON that is cut off, has huge numbers, bad escapes, odd keys and bytes that are no text | must: give an error or a plain value for each | expect: contained
return function()
  local texts = { "", " ", "nul", "[1,", "{", '{"a"', '{"a":}', '"\\u12', '"\\ud800"', '"\\udc00\\ud800"', "1e999", "-1e999", "0x10", "NaN",
    "Infinity", ("9"):rep(400), "0." .. ("0"):rep(5000) .. "1", '"' .. ("\\u0000"):rep(2000) .. '"', '"\xff"', "[" .. ("1,"):rep(20000) .. "1]",
    "{" .. ('"a":1,'):rep(5000) .. '"a":2}', "\0", "[1]\0", "// x", "[1,]", "\xef\xbb\xbf[]" }
  for _, one in ipairs(texts) do
    local ok, value = pcall(json.decode, one)
    if ok then pcall(json.encode, value) end
  end
  pcall(json.encode, { [1] = 1, [10000000] = 1 })
  pcall(json.encode, { 0 / 0 })
  pcall(json.encode, setmetatable({}, { __index = error, __len = error }))
  pcall(json.encode, function() end)
  return "done"
end
