-- Rows: S5 S18 S33 S37 S40 S160 S161.
local t = ...
local intercom = t.adapter "adapters/sources/intercom.lua"
local cfg = { admin_id = "991", team_id = 5017691, teams = { billing = "77" } }

for _, name in ipairs(t.golden_names "adapters/sources/golden") do
  if name:find "^intercom_" then
    t.test("S5 golden " .. name, function()
      t.golden(intercom, "adapters/sources/golden", name)
    end)
  end
end

t.test("declares both signatures, and that a ping is forgotten", function()
  local d = t.host.check_plain(intercom.describe())
  t.has(d.verify, {
    { header = "x-hub-signature", algorithm = "sha1", prefix = "sha1=", signed = "{body}", key = "raw" },
    { header = "x-fin-agent-api-webhook-signature", algorithm = "sha256", prefix = "sha256=" },
  })
  t.has(d.ignore, { { path = "topic", is = "ping" } })
  t.ok(d.ack_status == 200 and not d.checks)
end)

t.test("what is no conversation of ours does nothing", function()
  for _, event in ipairs {
    { topic = "ping", data = { item = { type = "ping" } } },
    { topic = "ticket.created", data = { item = { type = "ticket", id = "1" } } },
    { topic = "conversation.deleted", data = { item = { type = "conversation", id = "1" } } },
    { topic = "conversation.user.replied" },
    { topic = "conversation.user.replied", data = "x" },
    { topic = 7 },
    { event_name = "csat_requested", conversation_id = "c" },
    {},
  } do
    t.ok(t.read(intercom, event, {}, cfg) == nil)
  end
end)

local conversation = { native_id = "9007199254740993", group = "support" }

t.test("S33 a reply is escaped, by the configured admin", function()
  local r = intercom.reply({ text = 'Ticket <b>7</b> & "x"\nBye' }, conversation, cfg)
  t.host.check_request(r)
  t.same(r, {
    method = "POST",
    path = "/conversations/9007199254740993/reply",
    headers = { ["Intercom-Version"] = "2.16", Accept = "application/json" },
    json = {
      message_type = "comment",
      type = "admin",
      admin_id = "991",
      body = "<p>Ticket &lt;b&gt;7&lt;/b&gt; &amp; &quot;x&quot;<br>Bye</p>",
    },
  })
end)

t.test("the AI is stopped by assigning the group's team, else the team", function()
  t.has(intercom.pause(conversation, cfg), {
    path = "/conversations/9007199254740993/parts",
    json = { message_type = "assignment", assignee_id = "5017691", admin_id = "991" },
  })
  t.has(intercom.pause({ native_id = "1", group = "billing" }, cfg), { json = { assignee_id = "77" } })
  t.has(intercom.pause({ native_id = "1" }, { admin_id = 991 }), { json = { assignee_id = "991" } })
end)

t.test("S37 close", function()
  t.has(intercom.close(conversation, cfg), { json = { message_type = "close", admin_id = "991" } })
end)

t.test("an id cannot leave its path", function()
  local r = intercom.reply({ text = "x" }, { native_id = "1/../../contacts?x=#" }, cfg)
  t.host.check_request(r)
  t.ok(r.path == "/conversations/1%2F..%2F..%2Fcontacts%3Fx%3D%23/reply", r.path)
end)

t.test("without an admin nothing is written; Fin elsewhere is stopped by escalate", function()
  t.ok(intercom.reply({ text = "x" }, conversation, {}) == nil)
  t.ok(intercom.pause(conversation, {}) == nil and intercom.close(conversation, {}) == nil)
  local fin = { native_id = "web-1", source_state = { fin_agent = true } }
  t.ok(intercom.reply({ text = "x" }, fin, cfg) == nil and intercom.close(fin, cfg) == nil)
  t.has(intercom.pause(fin, cfg), { path = "/fin/escalate", json = { conversation_id = "web-1" } })
end)

t.test("S40 an automatic answer by mail is marked", function()
  local e = t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/intercom_admin_replied.json")).event
  local part = e.data.item.conversation_parts.conversation_parts[1]
  part.author.type = "user"
  part.email_message_metadata = { headers = { ["auto-submitted"] = "auto-replied" } }
  e.topic = "conversation.user.replied"
  local messages = t.read(intercom, e, {}, cfg)[1].messages
  t.ok(messages[2].auto == true and messages[2].role == "customer")
end)

t.test("property: 2,000 mutated notifications are read, never refused, never an error", function()
  local all = {}
  for _, name in ipairs(t.golden_names "adapters/sources/golden") do
    if name:find "^intercom_" then
      all[#all + 1] = t.host.json_read(t.host.read(t.root .. "/adapters/sources/golden/" .. name .. ".json"))
    end
  end
  for i = 1, 2000 do
    local given = all[i % #all + 1]
    local r = t.read(intercom, t.mutate(given.event), {}, given.cfg)
    t.ok(r == nil or r.reject == nil)
  end
end)

t.test("S5 recorded notifications of others give one conversation event each", function()
  local folder = t.shared .. "/payloads/intercom"
  if not t.host.exists(folder .. "/ping.json") then
    return "skip"
  end
  local wanted = {
    ["conversation_user_created.json"] = { "conversation.started", "customer", "Hello everyone!" },
    ["conversation_user_replied.json"] = { "message.created", "customer", "Hello" },
    ["conversation_admin_replied.json"] = { "message.created", "customer", nil, "takeover" },
    ["conversation_admin_assigned.json"] = { "message.created", "customer", "Hello", "takeover" },
    ["conversation_admin_closed.json"] = { "message.created", nil, nil, "session.ended" },
    ["conversation_admin_single_created.json"] = { "conversation.started", "human_agent", "hi Bob" },
    ["conversation_part_tag_created.json"] = { "signal.updated" },
    ["ping.json"] = {},
  }
  for name, want in t.host.pairs(wanted) do
    local r = t.read(intercom, t.host.json_read(t.host.read(folder .. "/" .. name)), {}, cfg) or {}
    t.ok((r[1] and r[1].type) == want[1] or name:find "closed", name .. ": " .. tostring(r[1] and r[1].type))
    local first = r[1] and r[1].messages and r[1].messages[1]
    t.ok(want[2] == nil or first.role == want[2], name)
    t.ok(want[3] == nil or first.text == want[3], name)
    t.ok(want[4] == nil or r[2].type == want[4], name)
  end
end)
