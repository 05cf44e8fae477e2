-- tries: nested repetition in a regular expression | must: end with the steps that patterns may take | expect: budget
return function()
  for n = 20, 40 do regex.match("^(?:(?:a+)+b?)+$", ("a"):rep(n * 10) .. "!") end
  return "ESCAPED: it ended"
end
