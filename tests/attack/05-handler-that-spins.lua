-- tries: spin within an xpcall handler, where a hook may be off | must: end with the budget | expect: budget
return function()
  local function handler(message)
    repeat local again = #tostring(message) until again < 0
  end
  xpcall(error, handler, "go")
  return "ESCAPED: the handler ended"
end
