-- tries: double a string without end with the .. operator, catching what is refused | must: end at the first refusal | expect: memory
return function()
  local s = "seed"
  while true do
    local ok, longer = pcall(function() return s .. s end)
    s = ok and longer or s
  end
end
