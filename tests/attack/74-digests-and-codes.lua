-- tries: hash, encode and decode the longest strings again and again | must: end with the budget or the memory | expect: budget or memory
return function()
  local s, fields = ("%"):rep(80000), {}
  for i = 1, 300 do fields["f" .. i] = i end
  while true do
    digest.hex_sha256(s)
    base64.decode(base64.encode(s))
    pcall(url.encode, s)
    url.query(fields)
  end
end
