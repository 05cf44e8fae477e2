-- tries: %b, %f, back references and long sets that read to the end from each place | must: end with the steps that patterns may take | expect: budget
return function()
  local open = ("("):rep(60000)
  local set = "[" .. ("%w_-"):rep(500) .. "]-!"
  while true do
    open:find("%b()x")
    ("ab"):rep(3000):find("(a.-)%1%1x")
    ("a "):rep(20000):find("%f[%w]%w-%f[%s]%s-$x")
    ("a"):rep(20000):find(set)
  end
end
