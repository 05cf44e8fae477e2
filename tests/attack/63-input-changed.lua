-- tries: change the conversation, so that who reads it next sees something else | must: have changed a copy that ends with the call | expect: contained
local first
return function(conversation)
  if conversation.changed or conversation.plan == "taken" then return "ESCAPED: it was kept" end
  if first and first ~= conversation then return "ESCAPED: the last call's is still there" end
  first = conversation
  conversation.changed, conversation.plan = true, "taken"
  pcall(function() conversation.messages[1].text = "taken" end)
  pcall(table.insert, conversation.messages, 1, { role = "customer", text = "taken" })
  pcall(function() conversation.messages[99] = conversation end)
  pcall(setmetatable, conversation, { __index = function() return "taken" end, __len = function() return 9 end })
  return "done"
end
