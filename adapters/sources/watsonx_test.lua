-- Rows: S5 S8 S89 S91 S160.
local t = ...
local watsonx = t.adapter "adapters/sources/watsonx.lua"

for _, name in ipairs(t.golden_names "adapters/sources/golden") do
  if name:find "^watsonx_" then
    t.test("S89 golden " .. name, function()
      t.golden(watsonx, "adapters/sources/golden", name)
    end)
  end
end

local function given(name)
  return t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/watsonx_" .. name .. ".json")).event
end

t.test("it is answered with the decision, and proved by a token or the secret", function()
  local d = t.host.check_plain(watsonx.describe())
  t.has(d, { answer = "decision", has_respond = true, event_key = { "body:payload.log_id" } })
  t.ok(d.respond_within_s < 30)
  t.has(d.verify, { { scheme = "jwt" }, { scheme = "bearer" }, { scheme = "token" }, { scheme = "basic" } })
end)

t.test("S89 connect_to_agent is a request for a human with its reason and its target", function()
  local events = t.read(watsonx, given "log_connect_to_agent")
  t.has(events[2], {
    type = "handoff.requested",
    handoff = { via = "action_node", reason = "Delivery", summary = "Asked for a person about order 88213" },
  })
  local c = events[1].conversation
  t.ok(c.fields.carrier == "post" and c.fields.group == nil, "the group is the policy's to choose")
  t.ok(c.attributes.requested_group == "delivery")
  t.ok(c.fields.account == 9007199254740993, "ids beyond 2^53 are exact")
end)

t.test("S89 a bare answer of the assistant is enough", function()
  local output = {
    text = { values = { "One moment." } },
    generic = { { response_type = "connect_to_agent", message_to_human_agent = "User asked to speak to an agent." } },
  }
  local events = t.read(watsonx, { payload = { output = output } })
  t.has(events, { { type = "signal.updated" }, { handoff = { reason = "User asked to speak to an agent." } } })
end)

t.test("S89 the same from recorded answers of others", function()
  local file = t.shared .. "/payloads/watsonx/connect_to_agent.json"
  if not t.host.exists(file) then
    return "skip"
  end
  local events = t.read(watsonx, { payload = t.host.json_read(t.host.read(file)) })
  t.has(events[2], { type = "handoff.requested", handoff = { reason = "User asked to speak to an agent." } })
end)

t.test("S91 articles that a search gave, with links that are links", function()
  local attempt = t.read(watsonx, given "after_search")[1].conversation.ai.attempts[1]
  t.ok(attempt.summary == "I found this:")
  t.same(attempt.articles, {
    { id = "d1", title = "Late parcels <b>", url = "https://help.shop.test/late?a=1&b=2" },
    { id = "d2", title = "Bad link" },
  })
end)

t.test("the turn that opens the chat says nothing", function()
  local events = t.read(watsonx, given "before_opening")
  t.ok(#events == 1 and events[1].type == "signal.updated" and events[1].messages == nil)
end)

t.test("what is no call of this platform does nothing", function()
  for _, event in ipairs { {}, { payload = "x" }, { payload = {} }, { event = { name = "message_logged" } } } do
    t.ok(t.read(watsonx, event) == nil)
  end
end)

local handed = {
  action = "escalate",
  stop = true,
  opens = true,
  text = "Your ticket is abc.",
  handoff_id = "abc",
  reason = "customer_request",
}
local keep = { action = "keep", stop = false, opens = false }

t.test("nothing to say gives the payload back as it came", function()
  for _, name in ipairs { "before", "after_search", "after_fallback" } do
    t.same(watsonx.respond(keep, given(name), {}), { json = { payload = given(name).payload } })
  end
  t.same(watsonx.respond(handed, given "log_connect_to_agent", {}), { json = {} })
end)

t.test("S89 before the message: the answer takes the AI's place", function()
  t.same(watsonx.respond(handed, given "before", {}), {
    json = { output = { generic = { { response_type = "text", text = "Your ticket is abc." } } } },
    headers = { ["X-Watson-Assistant-Webhook-Return"] = "yes" },
  })
end)

t.test("S89 behind the message: said after the AI, whose own call for a human is taken over", function()
  local event = { payload = { output = { generic = {
    { response_type = "text", text = "Let me connect you." },
    { response_type = "connect_to_agent", topic = "Delivery" },
  } } } }
  local generic = watsonx.respond(handed, t.copy(event), {}).json.payload.output.generic
  t.same(generic, {
    { response_type = "text", text = "Let me connect you." },
    { response_type = "text", text = "Your ticket is abc." },
  })
  generic = watsonx.respond(handed, t.copy(event), { connect_to_agent = true }).json.payload.output.generic
  t.ok(#generic == 3)
  t.has(generic[3], {
    response_type = "connect_to_agent",
    message_to_human_agent = "usher abc: customer_request",
    agent_unavailable = { message = "Your ticket is abc." },
  })
end)

t.test("property: 2,000 mutated calls are read, never refused, and answered", function()
  local all = {}
  for _, name in ipairs(t.golden_names "adapters/sources/golden") do
    if name:find "^watsonx_" then
      all[#all + 1] = given(name:match "^watsonx_(.*)")
    end
  end
  for i = 1, 2000 do
    local event = t.mutate(all[i % #all + 1])
    local r = t.read(watsonx, event)
    t.ok(r == nil or r.reject == nil)
    t.ok(type(watsonx.respond(i % 2 == 0 and handed or keep, event, {}).json) == "table")
  end
end)
