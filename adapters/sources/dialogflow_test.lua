-- Rows: S5 S8 S90 S121 S160.
local t = ...
local dialogflow = t.adapter "adapters/sources/dialogflow.lua"

for _, name in ipairs(t.golden_names "adapters/sources/golden") do
  if name:find "^dialogflow_" then
    t.test("S90 golden " .. name, function()
      t.golden(dialogflow, "adapters/sources/golden", name)
    end)
  end
end

local function given(name)
  return t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/dialogflow_" .. name .. ".json")).event
end

t.test("it is answered with the decision, in time for the platform", function()
  local d = t.host.check_plain(dialogflow.describe())
  t.has(d, { answer = "decision", has_respond = true, conversation_key = { "tail:sessionInfo.session" } })
  t.ok(d.respond_within_s < 5)
  t.has(d.verify, { { scheme = "bearer" }, { scheme = "token", header = "x-api-key" }, { scheme = "basic" } })
end)

t.test("S90 the metadata of liveAgentHandoff is read", function()
  local events = t.read(dialogflow, given "live_agent")
  t.has(events[2], {
    type = "handoff.requested",
    handoff = { via = "action_node", reason = "double_charge", summary = "Charged twice for order 88213" },
  })
  local told = events[1].conversation.attributes.live_agent_handoff
  t.ok(told.queue == "billing" and told.case == 9007199254740995, "ids beyond 2^53 are exact")
end)

t.test("what usher set itself does not come back as a detail", function()
  local fields = t.read(dialogflow, given "turn")[1].conversation.fields
  t.ok(fields.usher_escalated == nil and fields.vip == true)
end)

t.test("the second call of a turn repeats its messages under the same ids", function()
  local one, two = given "turn", given "turn"
  two.fulfillmentInfo.tag = "usher.handoff"
  two.messages[2] = { text = { text = { "And this." } } }
  local a, b = t.read(dialogflow, one)[1].messages, t.read(dialogflow, two)[1].messages
  t.ok(#a == 2 and #b == 3)
  t.ok(a[1].id == b[1].id and a[2].id == b[2].id and b[3].id ~= b[2].id)
end)

t.test("each fallback counts, also the same one again", function()
  local one, two = given "fallback", given "fallback"
  two.detectIntentResponseId = "another"
  local a = t.read(dialogflow, one)[2].conversation.ai.attempts[1]
  local b = t.read(dialogflow, two)[2].conversation.ai.attempts[1]
  t.ok(a.type == "fallback" and a.id ~= b.id)
end)

t.test("what is no call of this platform does nothing", function()
  for _, event in ipairs {
    {},
    { queryResult = { queryText = "hi" }, session = "projects/x/agent/sessions/1" },
    { detectIntentResponseId = "1", sessionInfo = "x", fulfillmentInfo = {} },
    { sessionInfo = { session = "s" }, fulfillmentInfo = { tag = "t" } },
  } do
    t.ok(t.read(dialogflow, event) == nil)
  end
end)

t.test("nothing to say is an empty answer", function()
  t.same(dialogflow.respond({ action = "keep", stop = false }, given "turn", {}), { json = {} })
end)

t.test("S90 a hand-over is said, marked and carries its metadata", function()
  local r = dialogflow.respond({
    action = "escalate",
    stop = true,
    text = "A colleague takes over. Your reference is abc.",
    handoff_id = "abc",
    group = "delivery",
    priority = "high",
    reason = "customer_request",
  }, given "turn", { handoff_page = "END_SESSION" })
  t.host.check_plain(r)
  t.same(r.json, {
    fulfillmentResponse = {
      mergeBehavior = "REPLACE",
      messages = {
        { text = { text = { "A colleague takes over. Your reference is abc." } } },
        {
          liveAgentHandoff = {
            metadata = { usher_case = "abc", group = "delivery", priority = "high", reason = "customer_request" },
          },
        },
      },
    },
    sessionInfo = { parameters = { usher_escalated = true, usher_case = "abc" } },
    targetPage = "END_SESSION",
  })
end)

t.test("an offer is said beside the AI's own words, a question instead of them", function()
  local offer = dialogflow.respond({ action = "offer", stop = false, text = "A person?" }, {}, {}).json
  t.ok(offer.fulfillmentResponse.mergeBehavior == "APPEND" and offer.sessionInfo == nil)
  local ask = dialogflow.respond({ action = "collect", stop = true, text = "Which order?" }, {}, {}).json
  t.ok(ask.fulfillmentResponse.mergeBehavior == "REPLACE" and #ask.fulfillmentResponse.messages == 1)
end)

t.test("property: 2,000 mutated calls are read, refused only for their list of messages", function()
  local all = {}
  for _, name in ipairs(t.golden_names "adapters/sources/golden") do
    if name:find "^dialogflow_" then
      all[#all + 1] = t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/" .. name .. ".json"))
    end
  end
  for i = 1, 2000 do
    local one = all[i % #all + 1]
    local r = t.read(dialogflow, t.mutate(one.event), {}, one.cfg)
    t.ok(r == nil or r.reject == nil or r.reject:find "payload.messages", r and r.reject)
  end
end)
