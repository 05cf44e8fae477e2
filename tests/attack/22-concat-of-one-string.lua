-- tries: write gigabytes by joining the same long string with itself | must: be refused by its length | expect: memory
return function()
  local s, list = ("w"):rep(250000), {}
  for i = 1, 5000 do list[i] = s end
  local all = table.concat(list, s)
  return "ESCAPED: " .. #all
end
