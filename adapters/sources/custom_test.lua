-- Rows: S7 S18 S19 S20 S21 S37 S40 S56 S74 S160 S161; sec S9 (the scheme comes
-- from the declaration).
local t = ...
local custom = t.adapter "adapters/sources/custom.lua"
local read = function(event, headers, cfg)
  return t.read(custom, event, headers, cfg)
end

for _, name in ipairs(t.golden_names "adapters/sources/golden") do
  if name:find "^custom_" then
    t.test("S7 golden " .. name, function()
      t.golden(custom, "adapters/sources/golden", name)
    end)
  end
end

t.test("declares how requests are proved; nothing of it comes from the request (sec S9)", function()
  local d = t.host.check_plain(custom.describe())
  t.has(d, { kind = "source", name = "custom", ack_status = 202, checks = true, reply_repeatable = true })
  t.has(d.verify, { { scheme = "standard_webhooks" }, { scheme = "bearer" } })
  t.ok(d.has_pause and d.has_reply and d.has_close)
  t.ok(#d.conversation_key <= 8 and #d.event_key <= 8)
end)

t.test("S91 articles of an answer, with what was answered", function()
  local events = read {
    type = "usher.message",
    data = {
      conversation_id = "c",
      first_index = 0,
      messages = {
        { role = "user", content = "Where is it?", articles = { { title = "not the customer's" } } },
        {
          role = "assistant",
          content = "It is\non its way.",
          articles = {
            { id = 9007199254740993, title = "Late parcels", url = "https://help.test/late" },
            { title = "Elsewhere", url = "javascript:alert(1)" },
            { body = "neither title nor link" },
            "no article",
          },
        },
      },
    },
  }
  t.same(events[1].conversation.ai.attempts, {
    {
      type = "answer",
      summary = "It is on its way.",
      articles = {
        { id = "9007199254740993", title = "Late parcels", url = "https://help.test/late" },
        { title = "Elsewhere" },
      },
    },
  })
end)

-- --- refusals -----------------------------------------------------------------

local function event(data, more)
  local e = { type = "usher.message", data = data }
  for key, value in pairs(more or {}) do
    e[key] = value
  end
  return e
end

local function says(messages, more)
  local data = { conversation_id = "c", first_index = 0, messages = messages }
  for key, value in pairs(more or {}) do
    data[key] = value
  end
  return event(data)
end

local user = { role = "user", content = "hi" }
local long = ("x"):rep(65537)
local many = {}
for i = 1, 2501 do
  many[i] = user
end

local refusals = {
  { "unknown role", says { user, user, user, { role = "bot", content = "x" } },
    "data.messages[3].role: unknown 'bot'; use user, assistant" },
  { "near role", says { { role = "asistant", content = "x" } }, "did you mean 'assistant'" },
  { "no role", says { { content = "x" } }, "data.messages[0].role: is missing" },
  { "role of a wrong type", says { { role = 7, content = "x" } }, "data.messages[0].role: unknown 7" },
  { "no id, no index, no mode", event { conversation_id = "c", messages = { user } },
    'data.messages[0].id: is missing; in append mode give every message an id, or first_index' },
  { "message no object", says { "hi" }, "data.messages[0]: must be an object, not 'hi'" },
  { "messages no list", says { role = "user" }, "data.messages: must be a list" },
  { "messages missing", event { conversation_id = "c" }, "data.messages: is missing" },
  { "content a number", says { { role = "user", content = 5 } }, "data.messages[0].content: must be text or a list" },
  { "part a number", says { { role = "user", content = { 5 } } }, "data.messages[0].content[0]: must be text or an object" },
  { "too long", says { { role = "user", content = long } }, "is 65537 bytes long; at most 65536" },
  { "too many", says(many), "2501 messages in one event; at most 2500" },
  { "bad time", says { { role = "user", content = "x", at = "yesterday" } }, "data.messages[0].at: must be a time" },
  { "time of 1970", says { { role = "user", content = "x", at = 12 } }, "data.messages[0].at: must be a time" },
  { "bad envelope time", event({ conversation_id = "c", text = "x", message_id = "m" }, { timestamp = "soon" }),
    "timestamp: must be a time" },
  { "bad confidence", says { { role = "assistant", content = "x", confidence = 87 } },
    "data.messages[0].confidence: must be a number from 0 to 1, not 87" },
  { "bad mode", says({ user }, { mode = "replace" }), "data.mode: unknown 'replace'" },
  { "bad first_index", says({ user }, { first_index = -1 }), "data.first_index: must be a whole number" },
  { "bad channel", says({ user }, { channel = "webb" }), "data.channel: unknown 'webb' (did you mean 'web'?)" },
  { "bad language", says({ user }, { language = "the German one" }), "data.language: must be a language tag" },
  { "customer a list", says({ user }, { customer = { "x" } }), "data.customer: must be an object" },
  { "customer name a table", says({ user }, { customer = { name = {} } }), "data.customer.name: must be text" },
  { "field a table", says({ user }, { fields = { a = {} } }), "data.fields.a: must be text, a number" },
  { "signals text", says({ user }, { signals = "x" }), "data.signals: must be an object" },
  { "unknown type", { type = "usher.mesage", data = { conversation_id = "c" } }, "did you mean 'usher.message'" },
  { "own event", { type = "usher.reply", data = { conversation_id = "c" } }, "is sent by usher, not to it" },
  { "old CloudEvents", { specversion = "0.3", id = "1", source = "x", type = "usher.message", data = {} },
    "specversion: '0.3' is not supported" },
  { "no conversation", event { first_index = 0, messages = { user } }, "data.conversation_id: is missing" },
  { "conversation a table", event { conversation_id = {}, text = "x" }, "data.conversation_id: must be an id" },
  { "conversation a fraction", event { conversation_id = 1.5, text = "x" }, "data.conversation_id: must be an id" },
  { "id reused as conversation", { id = "c", conversation_id = "c", text = "x", message_id = "m" },
    "id: is the id of this event" },
  { "bad outcome", { type = "usher.session.ended", data = { conversation_id = "c", outcome = "fine" } },
    "data.outcome: unknown 'fine'" },
  { "bad via", { type = "usher.handoff.requested", data = { conversation_id = "c", via = "magic" } },
    "data.via: unknown 'magic'" },
  { "feedback missing", { type = "usher.feedback", data = { conversation_id = "c" } }, "data.feedback: is missing" },
  { "bad base64", { specversion = "1.0", id = "1", source = "x", type = "usher.message", data_base64 = "%%%" },
    "data_base64: is not the base64 of a JSON object" },
  { "a list", { "x" }, "the body must be a JSON object" },
}
for _, case in ipairs(refusals) do
  t.test("refuses: " .. case[1], function()
    local r = read(case[2])
    t.ok(r and r.reject, "not refused: " .. t.host.json_write(r or {}))
    t.ok(r.reject:find(case[3], 1, true), "says: " .. r.reject)
  end)
end

-- --- what must hold -------------------------------------------------------------

t.test("an empty object and no body are refused, not an error", function()
  t.ok(read({}).reject)
  t.ok(read("text").reject)
end)

t.test("a snapshot sent again names the same messages", function()
  local data = { conversation_id = "c", mode = "snapshot", messages = { user, { role = "assistant", content = "yes" } } }
  local first = read(event(data))[1].messages
  data.messages[3] = { role = "user", content = "more" }
  local second = read(event(data))[1].messages
  for i = 1, 2 do
    t.same(second[i], first[i])
  end
  t.ok(second[3].index == 2)
end)

t.test("ids in a snapshot count only when every message has one", function()
  local data = { conversation_id = "c", mode = "snapshot", messages = { { id = "a", role = "user", content = "1" }, user } }
  t.ok(read(event(data))[1].messages[1].id == nil)
  data.messages[2] = { id = "b", role = "user", content = "2" }
  t.ok(read(event(data))[1].messages[1].id == "a")
end)

t.test("64-bit ids arrive exactly", function()
  local r = read(event {
    conversation_id = 9223372036854775807,
    customer = { id = 9007199254740993 },
    messages = { { id = 9007199254740993, role = "user", content = "x" } },
  })
  t.ok(r[1].messages[1].id == "9007199254740993")
  t.ok(r[1].conversation.customer.external_id == "9007199254740993")
end)

t.test("64-bit numbers in a tool's arguments are shown exactly", function()
  local function called(arguments)
    return read(says {
      { role = "assistant", tool_calls = { { id = "c", ["function"] = { name = "handoff", arguments = arguments } } } },
    })
  end
  local as_object = called { reason = "r", id = 9007199254740993, list = { 1, 2 } }
  t.ok(as_object[1].messages[1].text == 'Called handoff {"id":9007199254740993,"list":[1,2],"reason":"r"}')
  t.ok(as_object[1].conversation.attributes.tool_arguments.id == 9007199254740993)
  local as_text = called '{"id":9007199254740993,"reason":"lost parcel"}'
  t.ok(as_text[1].messages[1].text:find("9007199254740993", 1, true))
  t.ok(as_text[2].handoff.reason == "lost parcel")
end)

t.test("S21 unknown keys stay under attributes; nulls are absent", function()
  local data = t.host.json_read [[{"conversation_id":"c","text":"x","message_id":"m","vip_level":3,"nested":{"a":[1,2]},
    "gone":null,"customer":{"name":null,"email":null}}]]
  local c = read(event(data))[1].conversation
  t.same(c.attributes, { vip_level = 3, nested = { a = { 1, 2 } } })
  t.ok(c.customer == nil)
end)

t.test("a tool's arguments never become a group, a field or an identity", function()
  local r = read(says { {
    role = "assistant",
    tool_calls = { {
      id = "c1",
      ["function"] = {
        name = "escalate_to_human",
        arguments = '{"reason":"r","group":"vip","customer":{"id":"other"},"order_number":"1","urgency":"urgent"}',
      },
    } },
  } })
  local c = r[1].conversation
  t.ok(c.customer == nil and c.fields == nil and c.urgency == nil)
  t.same(c.attributes, {
    tool_arguments = {
      reason = "r",
      group = "vip",
      customer = { id = "other" },
      order_number = "1",
      urgency = "urgent",
    },
  })
  t.has(r[2], { type = "handoff.requested", handoff = { via = "tool_call", reason = "r" } })
end)

t.test("attributes have a bound, and what is deep is kept as JSON", function()
  local data = { conversation_id = "c", text = "x", message_id = "m" }
  for i = 1, 400 do
    data["k" .. i] = i
  end
  local deep = "bottom"
  for _ = 1, 30 do
    deep = { n = deep }
  end
  data.attributes = { deep = deep }
  local a = read(event(data))[1].conversation.attributes
  t.ok(a.more_left_out and a.deep.n.n.n.n:find "bottom")
end)

t.test("2,500 messages cost less than 20 M instructions", function()
  local list = {}
  for i = 1, 2500 do
    list[i] = { role = i % 2 == 1 and "user" or "assistant", content = "message " .. i, at = 1777886000 + i }
  end
  local count = 0
  debug.sethook(function()
    count = count + 1000
  end, "", 1000)
  local r = custom.read(says(list), {}, {})
  debug.sethook()
  t.ok(#r[1].messages == 2500 and count < 10000000, count .. " instructions")
end)

t.test("two events about the same thing have the same bytes", function()
  local e = t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/custom_cloudevents.json")).event
  t.same(read(e), read(t.copy(e)))
end)

t.test("instructions to the model are not a part of the conversation", function()
  local r = read(says { { role = "developer", content = "secret" }, user, { role = "developer", content = "secret" } })
  t.ok(#r[1].messages == 1 and r[1].messages[1].index == 1)
  r = read(says { { role = "system", content = "secret" }, user, { role = "system", content = "Ruth joined" } })
  t.ok(#r[1].messages == 2 and r[1].messages[2].kind == "event")
end)

-- --- the published schema -----------------------------------------------------------

local schema = t.host.json_read(t.host.read(t.root .. "/adapters/sources/custom.schema.json"))["$defs"]

t.test("S7 every documented member is read: none of them ends among the attributes", function()
  for name, about in t.host.pairs(schema.data.properties) do
    local example = t.ok(about.examples and about.examples[1] ~= nil, "no example of " .. name) and about.examples[1]
    local data = { conversation_id = "c", first_index = 0, messages = { user } }
    local alone = name == "message" or name == "text" or name == "input" or name == "output" or name == "contents"
      or name == "choices" or name == "candidates" or name == "content"
    if alone then
      data = { conversation_id = "c", first_index = 0, index = 0, role = "user" }
    end
    data[name] = example
    local r = read(event(data))
    t.ok(r.reject == nil, name .. ": " .. tostring(r.reject))
    local c = r[1].conversation or {}
    t.ok((c.attributes or {})[name] == nil, name .. " ended among the attributes")
    t.ok(not alone or r[1].messages, name .. " gave no message")
  end
end)

t.test("S7 every documented type is taken, every documented word too", function()
  for _, word in ipairs(schema.type.enum) do
    local r = read { type = word, data = { conversation_id = "c", text = "x", message_id = "m", feedback = "up" } }
    t.ok(r.reject == nil, word .. ": " .. tostring(r.reject))
  end
  for _, name in ipairs { "channel", "via", "outcome", "urgency", "feedback" } do
    for _, word in ipairs(schema.data.properties[name].enum) do
      local data = { conversation_id = "c", text = "x", message_id = "m", feedback = "up" }
      data[name] = word
      local types = { via = "usher.handoff.requested", outcome = "usher.session.ended", feedback = "usher.feedback" }
      local r = read { type = types[name] or "usher.message", data = data }
      t.ok(r.reject == nil, name .. ": " .. tostring(r.reject))
    end
  end
  for _, role in ipairs(schema.data.properties.messages.items.properties.role.enum) do
    t.ok(read(says { user, { role = role, content = "x" } }).reject == nil, role)
  end
end)

-- --- reply_url ---------------------------------------------------------------------

local function reply_state(url, cfg)
  local r = read(event { conversation_id = "c", text = "x", message_id = "m", reply_url = url }, nil, cfg)
  return r[1].conversation
end

t.test("a reply_url counts only when the configuration names its host", function()
  local cfg = { reply_hosts = { "shop.test" } }
  t.ok(reply_state("https://shop.test/bot", cfg).source_state.reply_url == "https://shop.test/bot")
  for _, url in ipairs {
    "https://evil.test/bot",
    "https://shop.test@evil.test/bot",
    "https://shop.test.evil.test/",
    "https://evil.test/#shop.test",
    "https://evil.test\\@shop.test/",
    "ftp://shop.test/",
    "//shop.test/",
    "https://shop.test:x/",
    "https://shop.test /",
    "javascript:alert(1)",
  } do
    local c = reply_state(url, cfg)
    t.ok(c.source_state == nil and c.attributes.reply_url_refused, url)
  end
  t.ok(reply_state("https://shop.test/bot", {}).source_state == nil)
  t.ok(reply_state("https://shop.test/bot", { reply_url = "https://own.test/" }) == nil)
end)

local conversation = { id = "web:c-1", native_id = "c-1", handoff_id = "h1", source_state = {} }
local message = {
  text = 'Your ticket is 7. "quoted"\r\nX: y',
  kind = "notice",
  key = "d1",
  handoff_id = "h1",
  expected_response = "within 4 hours",
  ticket = { id = "7", url = "https://desk.test/7" },
}

t.test("S37 reply, stop and close are events to the configured reply_url", function()
  local cfg = { reply_url = "https://own.test/usher" }
  local r = custom.reply(message, conversation, cfg)
  t.host.check_request(r)
  t.same(r, {
    method = "POST",
    url = "https://own.test/usher",
    json = {
      type = "usher.reply",
      data = {
        conversation_id = "c-1",
        handoff_id = "h1",
        kind = "notice",
        text = message.text,
        ticket = { id = "7", url = "https://desk.test/7" },
        expected_response = { text = "within 4 hours" },
        idempotency_key = "d1",
      },
    },
  })
  t.has(custom.pause(conversation, cfg), { json = { type = "usher.ai.stop", data = { conversation_id = "c-1" } } })
  t.has(custom.close(conversation, cfg), { json = { type = "usher.session.close", data = { handoff_id = "h1" } } })
end)

t.test("without an allowed address nothing is sent", function()
  local there = { native_id = "c", source_state = { reply_url = "https://shop.test/b" } }
  t.ok(custom.reply(message, conversation, {}) == nil)
  t.ok(custom.reply(message, there, {}) == nil, "a host that is no longer configured")
  t.ok(custom.reply(message, there, { reply_hosts = { "shop.test" } }).url == "https://shop.test/b")
  t.ok(custom.reply(message, there, { reply_hosts = "shop.test" }) == nil)
end)

t.test("property: 2,000 mutated bodies are read or refused, never an error", function()
  local names = {}
  for _, name in ipairs(t.golden_names "adapters/sources/golden") do
    if name:find "^custom_" then
      names[#names + 1] = t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/" .. name .. ".json"))
    end
  end
  local refused = 0
  for i = 1, 2000 do
    local given = names[i % #names + 1]
    local r = read(t.mutate(given.event), given.headers, given.cfg)
    refused = refused + (r and r.reject and 1 or 0)
  end
  t.ok(refused > 200 and refused < 1800, refused .. " refused")
end)
