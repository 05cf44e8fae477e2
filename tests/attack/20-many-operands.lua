-- tries: join sixty long strings in one instruction | must: be refused before it is built | expect: memory
return function()
  local s = ("z"):rep(200000)
  local a = s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s .. s
  return "ESCAPED: " .. #a
end
