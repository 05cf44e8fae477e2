-- tries: read and write numbers of two hundred thousand digits again and again | must: end with the budget | expect: budget
return function()
  local digits = ("7"):rep(200000)
  while true do
    local a, b, c = tonumber(digits), tonumber("0x" .. digits), tonumber(digits, 36)
    pcall(function() return digits + 1 end)
  end
end
