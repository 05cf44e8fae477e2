-- Rows: S18 S20 S23 S27 S28 S72 S74 S97 S134; sec S14 S15.
local t = ...
local dx = t.adapter "adapters/helpdesks/dixa.lua"
local HID = "abcdefghijklmnopqrstuvwxyz"
local USER = "9c2a2cce-699f-4a72-89d9-fda5bc8dec8b"
local TALK = 9007199254740993
local cfg = {
  email_integration = "support@email.dixa.test",
  conversation_field = "talk",
  organisation = "acme",
  agent_id = "a53b25da-f676-4c52-acac-58c9280aa23d",
  queue = "queue-all",
  queues = { urgent = "queue-now" },
  fields = { order_number = "1c1c1c1c-0000-4000-8000-000000000001" },
}

local function ticket(more)
  local one = {
    handoff_id = HID,
    conversation_id = "web:c-1",
    as = "ticket",
    source = { name = "web", adapter = "custom", native_id = "c-1" },
    first_question = "Where is my refund for order 4711?",
    subject = "Refund for order 4711",
    priority = "high",
    group = "billing",
    group_id = "queue-billing",
    tags = { "usher", "refund" },
    fields = { order_number = 4711 },
    attributes = {},
    language = "de-AT",
    customer = { external_id = "cust-1", name = "Jo Doe", email = "jo.doe@example.test" },
    created_at_ms = 1795267675000,
    text = "usher-text-000000000000000000000001",
    text_format = "text",
  }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

local function in_place(more)
  local one = ticket { as = "conversation", fields = { talk = tostring(TALK), order_number = 4711 } }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

-- What Dixa says when all is well; `other` answers first.
local function vendor(other)
  return function(r, step)
    local said = other and other(r, step)
    if said then
      return said
    elseif r.method == "GET" and r.path == "/v1/endusers" then
      return { status = 200, json = { data = { { id = USER, createdAt = "2026-01-01T00:00:00Z" } } } }
    elseif r.path == "/v1/endusers" then
      return { status = 201, json = { data = { id = USER } } }
    elseif r.path == "/v1/conversations" then
      return { status = 201, json = { data = { id = 100 } } }
    elseif r.method == "GET" then
      return { status = 200, json = { data = { id = TALK, requesterId = USER, state = "Closed" } } }
    elseif r.path:find "/notes$" then
      return { status = 200, json = { data = { id = "n", csid = 100 } } }
    end
    return { status = 204 }
  end
end

local function walk(one, other, c)
  return t.walk(dx, one, c or cfg, vendor(other))
end

local paths, request = t.paths, t.sent

t.test("declares what it makes, its steps, look-ups and limits", function()
  t.has(t.host.check_plain(dx.describe()), {
    unique = "handle",
    window_max = 2,
    has_find = true,
    has_update = true,
    has_append = false,
    makes = {
      { as = "ticket", needs = { "email_integration" } },
      { as = "conversation", needs = { "widget_id|conversation_field|email_integration" } },
    },
    continues = { "dixa" },
    auth = {
      scheme = "header",
      header = "Authorization",
      value = "{token_prefix} {token}",
      otherwise = { value = "{token}" },
    },
    steps = {
      { name = "look", repeatable = true },
      { name = "contact", has_find = true },
      { name = "create" },
      { name = "note", has_find = true },
      { name = "settle", repeatable = true },
    },
    carries = { format = "text" },
  })
end)

-- --- S72: both kinds, byte for byte ---------------------------------------------

t.test("S72 S23 golden: a contact form of its own", function()
  local sent, last = walk(ticket { skills = { "spanish" } })
  t.golden_walk("dixa-ticket", sent)
  t.same(last, { outcome = "done", id = "100", display_id = "100", url = "https://acme.dixa.com/conversation/100" })
end)

t.test("S72 golden: a chat", function()
  local c = t.copy(cfg)
  c.widget_id = "widget-1"
  local sent, last = walk(ticket { as = "conversation" }, nil, c)
  t.golden_walk("dixa-conversation", sent)
  t.has(last, { outcome = "done", id = "100" })
end)

t.test("S72 golden: the customer's own conversation, and no second one", function()
  local sent, last = walk(in_place())
  t.golden_walk("dixa-in-place", sent)
  t.has(last, { outcome = "done", id = tostring(TALK), there = true })
  t.ok(request(sent, "POST /v1/conversations") == nil and request(sent, "GET /v1/endusers") == nil)
end)

t.test("S72 a source of Dixa's own tells its conversation by itself", function()
  local one = ticket { as = "conversation", source = { adapter = "dixa", native_id = "48213" } }
  local c = t.copy(cfg)
  c.conversation_field = nil
  t.ok(dx.build("look", one, c, {}).path == "/v1/conversations/48213")
  t.ok(dx.build("look", ticket { source = one.source }, c, {}).outcome == "done", "as = ticket makes its own")
end)

t.test("without a conversation and a widget: the contact form; without that it says what is missing", function()
  t.ok(request(walk(ticket { as = "conversation" }), "POST /v1/conversations").json._type == "ContactForm")
  local _, last = walk(ticket { as = "conversation" }, nil, { conversation_field = "talk" })
  t.ok(last.outcome == "refused" and last.why:find("widget_id or email_integration", 1, true))
end)

t.test("a conversation that is gone: a new one", function()
  local sent, last = walk(in_place(), function(r)
    return r.path == "/v1/conversations/" .. TALK and { status = 404, json = { message = "not found" } }
  end)
  t.same({ paths(sent)[1], paths(sent)[2], paths(sent)[3] }, {
    "GET /v1/conversations/" .. TALK,
    "GET /v1/endusers",
    "POST /v1/conversations",
  })
  t.ok(last.outcome == "done" and last.there == nil)
end)

t.test("e-mail, the beta, another agent's name", function()
  local c = { email_integration = "s@email.dixa.test", channel = "Email", api_version = "beta" }
  local sent = t.walk(dx, ticket(), c, function(r)
    return r.path:find "endusers" and { status = 200, json = { data = { { id = USER } } } } or { status = 201, json = { data = { id = 7 } } }
  end)
  t.ok(request(sent, "POST /beta/conversations").json._type == "Email")
  t.ok(request(sent, "POST /beta/conversations/7/notes").json.agentId == nil)
end)

-- --- who it is -----------------------------------------------------------------

t.test("S18 by account, address, number: one at a time; then made", function()
  local one = ticket { customer = { external_id = "cust-1", email = "jo@example.test", phone = "+49 30 1", name = "Jo" } }
  local asked = {}
  local sent = walk(one, function(r)
    if r.method == "GET" and r.path == "/v1/endusers" then
      asked[#asked + 1] = r.query
      return { status = 200, json = { data = {} } }
    end
  end)
  t.same(asked, { { externalId = "cust-1" }, { email = "jo@example.test" }, { phone = "+49 30 1" } })
  t.same(request(sent, "POST /v1/endusers").json, {
    externalId = "cust-1",
    email = "jo@example.test",
    phoneNumber = "+49 30 1",
    displayName = "Jo",
  })
  t.ok(request(sent, "POST /v1/conversations").json.requesterId == USER)
end)

t.test("S74 without any identity the conversation is the account", function()
  t.ok(request(walk(ticket { customer = {} }), "GET /v1/endusers").query.externalId == "web:c-1")
end)

t.test("a person who is refused is made with the account alone", function()
  local sent, last = walk(ticket(), function(r)
    if r.path == "/v1/endusers" then
      return r.method == "GET" and { status = 200, json = { data = {} } }
        or r.json.email and { status = 400, json = { message = "Validation failure during enduser creation" } }
    end
  end)
  t.ok(last.outcome == "done")
  t.same(sent[4].request.json, { externalId = "cust-1", displayName = "Jo Doe" })
end)

t.test("the person is looked for by each key before being made again", function()
  local function look(data, saved)
    return t.host.check_outcome(dx.find_result({ status = 200, json = { data = data } }, ticket(), cfg, saved, "contact"))
  end
  t.same(dx.find_build(ticket(), cfg, {}, "contact").query, { externalId = "cust-1" })
  local r = look({}, {})
  t.same(r, { outcome = "again", saved = { asked = 2 } })
  t.same(dx.find_build(ticket(), cfg, r.saved, "contact").query, { email = "jo.doe@example.test" })
  t.ok(look({}, r.saved).outcome == "missing")
  local two = { { id = "b", createdAt = "2026-02-01" }, { id = "a", createdAt = "2026-01-01" } }
  t.same(look(two, {}), { outcome = "found", ids = { "a" }, id = "a", saved = { contact = "a" } })
end)

-- --- what is made ----------------------------------------------------------------

t.test("sec S15 the first message is the customer's, the brief a note", function()
  local sent = walk(ticket())
  t.same(request(sent, "POST /v1/conversations").json.message, {
    _type = "Inbound",
    externalId = HID,
    content = { _type = "Text", value = "Where is my refund for order 4711?\n\nRef. " .. HID },
  })
  t.same(request(sent, "POST /v1/conversations/100/notes").json, { message = ticket().text, agentId = cfg.agent_id })
end)

t.test("S97 queue: of an urgent one, of the group, of all; an agent by number", function()
  local function to(more)
    return request(walk(ticket(more)), "PUT /v1/conversations/100/transfer/queue").json.queueId
  end
  t.ok(to { priority = "urgent" } == "queue-now" and to {} == "queue-billing")
  local none = ticket()
  none.group_id = nil
  t.ok(request(walk(none), "PUT /v1/conversations/100/transfer/queue").json.queueId == "queue-all")
  local agent = "5e8a300e-787e-47cd-af53-fc1ccc37933d"
  t.same(request(walk(ticket { assignee = agent }), "PUT /v1/conversations/100/claim").json, { agentId = agent })
  t.ok(request(walk(ticket { assignee = "Ann" }), "PUT /v1/conversations/100/claim") == nil)
end)

t.test("S20 each answer to the create has its outcome", function()
  for i, case in ipairs {
    { { status = 201, text = "<html>" }, "unknown" },
    { { status = 201, json = { data = {} } }, "unknown" },
    { { status = 400, json = { message = "Duplicate externalId abc" } }, "unknown" },
    { { status = 400, json = { message = "Invalid language" } }, "again" },
    { { status = 404, json = { message = "The requested resource could not be found" } }, "refused" },
    { { status = 409 }, "retry" },
  } do
    local r = t.host.check_outcome(dx.result("create", case[1], ticket(), cfg, { contact = USER }))
    t.ok(r.outcome == case[2], ("case %d: %s"):format(i, r.outcome))
  end
  local plain = dx.result("create", { status = 400, json = { message = "Invalid language" } }, ticket(), cfg, { contact = USER, plain = true })
  t.same(plain, { outcome = "refused", why = "status 400: Invalid language" })
end)

-- --- look-up --------------------------------------------------------------------

t.test("what may have been made is looked for in the messages of the customer's newest", function()
  local saved = { contact = USER }
  t.ok(dx.find_build(ticket(), cfg, saved, "create").path == "/v1/endusers/" .. USER .. "/conversations")
  local function look(data, with)
    return t.host.check_outcome(dx.find_result({ status = 200, json = { data = data } }, ticket(), cfg, with, "create"))
  end
  t.ok(look({}, saved).outcome == "missing")
  t.ok(look({ { id = 9, createdAt = "2020-01-01T00:00:00Z" } }, saved).outcome == "missing", "long before")
  local r = look({ { id = 100, createdAt = "2026-11-21T13:30:00Z" }, { id = 99, createdAt = "2026-11-21T13:29:00Z" } }, saved)
  t.same(r, { outcome = "again", saved = { contact = USER, look = { "100", "99" } } })
  t.ok(dx.find_build(ticket(), cfg, r.saved, "create").path == "/v1/conversations/100/messages")
  r = look({ { id = "m", externalId = "other" } }, r.saved)
  t.same(r, { outcome = "again", saved = { contact = USER, look = { "99" } } })
  t.same(look({ { id = "m", externalId = HID } }, r.saved), {
    outcome = "found",
    ids = { "99" },
    id = "99",
    saved = { contact = USER, id = "99" },
  })
  t.ok(look({ { id = "m" } }, r.saved).outcome == "missing")
  t.ok(dx.find_result({ status = 404, json = {} }, ticket(), cfg, saved, "create").outcome == "unknown")
end)

t.test("a note is there when a note has the reference", function()
  t.ok(dx.find_build(ticket(), cfg, { id = "100" }, "note").path == "/v1/conversations/100/notes")
  local function look(data)
    return dx.find_result({ status = 200, json = { data = data } }, ticket(), cfg, { id = "100" }, "note").outcome
  end
  t.ok(look { { message = "x\nReference: " .. HID } } == "found" and look { { message = "x" } } == "missing")
end)

-- --- what is there already --------------------------------------------------------

t.test("P15 append_to: the customer's own, opened again; another's is not written in", function()
  local one = ticket { append_to = tostring(TALK) }
  local sent, last = walk(one)
  t.same(paths(sent), {
    "GET /v1/conversations/" .. TALK,
    "GET /v1/endusers",
    "POST /v1/conversations/" .. TALK .. "/notes",
    "PUT /v1/conversations/" .. TALK .. "/reopen",
    "PATCH /v1/conversations/" .. TALK .. "/custom-attributes",
    "POST /v1/conversations/" .. TALK .. "/tags/bulk",
    "PUT /v1/conversations/" .. TALK .. "/transfer/queue",
  })
  t.has(last, { id = tostring(TALK), there = true })
  sent = walk(one, function(r)
    return r.path == "/v1/conversations/" .. TALK and { status = 200, json = { data = { id = TALK, requesterId = "other" } } }
  end)
  t.ok(request(sent, "POST /v1/conversations"))
end)

t.test("P14 link_to is related", function()
  t.same(request(walk(ticket { link_to = "90" }), "PUT /v1/conversations/100/link").json, { parentId = 90, linkType = "Related" })
end)

t.test("what is refused at the end costs nothing: the rest is set", function()
  local sent, last = walk(ticket(), function(_, step)
    return step == "settle" and { status = 400, json = { message = "no" } }
  end)
  t.ok(last.outcome == "done" and sent[#sent].request.path:find "/transfer/queue$")
end)

-- --- later ------------------------------------------------------------------------

local said = { text_mark = "M", key = "k-1", public = false }

t.test("S28 what follows is a note with a mark, found by it", function()
  local one = ticket { update = said, ticket_id = "100" }
  t.has(dx.update_build(one, cfg, {}), { path = "/v1/conversations/100/notes", json = { message = "M\n(usher k-1)" } })
  t.has(dx.update_result({ status = 200, json = { data = { id = "n" } } }, one, cfg, {}), { outcome = "done", id = "100" })
  t.ok(dx.update_result({ status = 404, json = {} }, one, cfg, {}).outcome == "refused")
  local notes = { data = { { message = "x (usher k-1)" } } }
  t.ok(dx.update_find_result({ status = 200, json = notes }, one, cfg, {}).outcome == "found")
  t.ok(dx.update_build(in_place { update = said }, cfg, { id = tostring(TALK) }) == nil, "it stands there already")
end)

t.test("P10 another language: a tag by its name, then the note", function()
  local one = ticket { update = { text_mark = "M", key = "k-1", tags = { "language:es" } }, ticket_id = "100" }
  local r = dx.update_build(one, cfg, {})
  t.host.check_request(r)
  t.has(r, { method = "POST", path = "/v1/conversations/100/tags/bulk", json = { data = { { name = "language:es" } } } })
  for _, answer in ipairs { { status = 202 }, { status = 403 }, { status = 404, json = { message = "no" } } } do
    local next_one = t.host.check_outcome(dx.update_result(answer, one, cfg, {}))
    t.same(next_one, { outcome = "again", saved = { tagged = true } })
    t.has(dx.update_build(one, cfg, next_one.saved), { path = "/v1/conversations/100/notes" })
    t.ok(dx.update_result({ status = 404, json = {} }, one, cfg, next_one.saved).outcome == "refused")
  end
  t.ok(dx.update_result({ status = 200, json = { data = { id = "n" } } }, one, cfg, {}).outcome == "done", "after a restart")
  t.ok(dx.update_result({ status = 409 }, one, cfg, {}).outcome == "retry")
  local own, here = in_place { update = one.update }, { id = tostring(TALK) }
  t.ok(dx.update_build(own, cfg, here).path:find("/tags/bulk", 1, true))
  here = dx.update_result({ status = 202 }, own, cfg, here).saved
  t.ok(dx.update_build(own, cfg, here) == nil, "it stands there already")
end)

t.test("S28 states by event, else by the conversation's", function()
  local function status(fqn, state)
    return dx.status({ event_id = "e", event_fqn = fqn, data = { conversation = { csid = TALK, status = state } } }, {}, cfg)
  end
  t.has(status("CONVERSATION_ASSIGNED", "OPEN"), { id = tostring(TALK), status = "in_progress", event_id = "e" })
  t.ok(status("CONVERSATION_MESSAGE_ADDED", "PENDING").status == "waiting")
  t.ok(status("OTHER", nil) == nil and dx.status({}, {}, cfg) == nil)
end)

t.test("sec S14 nothing a customer writes leaves its place", function()
  local nasty = 'x"\r\nX-Evil: 1\r\n\r\n{}\\ \u{202e}'
  local sent = walk(ticket {
    subject = nasty,
    first_question = nasty,
    customer = { name = nasty, email = "a@b.test\r\nBcc: x@y.test", external_id = nasty },
    fields = { order_number = nasty },
  })
  local made = request(sent, "POST /v1/conversations")
  local back = t.host.json_read((t.host.check_request(made)))
  t.ok(not back.subject:find "%c" and back.message.content.value:sub(1, #nasty) == nasty)
  t.ok(request(sent, "GET /v1/endusers").query.externalId == "web:c-1")
end)

t.test("property: 2,000 mutated tickets and answers never raise an error", function()
  said.tags = { "language:es" }
  local full = in_place { append_to = "33", link_to = "9", update = said }
  local answers = {
    { status = 200, json = { data = { { id = USER, createdAt = "2026" } } } },
    { status = 201, json = { data = { id = USER, requesterId = USER, state = "Closed" } } },
    { status = 200, json = { data = { { id = "m", externalId = HID, message = HID } } } },
    { status = 400, json = { message = "Duplicate externalId" } },
    { status = 400, text = "text" },
  }
  local saves = { {}, { contact = USER }, { contact = USER, look = { "1", "2" } }, { create = true }, { id = "1", requester = USER } }
  for i = 1, 2000 do
    local answer, saved = t.mutate(answers[i % #answers + 1]), saves[i % #saves + 1]
    local one = i % 2 == 0 and full or ticket { append_to = "626", update = said }
    for _, step in ipairs { "look", "contact", "create" } do
      local r = t.host.check_outcome(dx.result(step, answer, one, cfg, saved))
      local made = r.outcome == "again" and dx.build(step, one, cfg, r.saved)
      if made and made.outcome == nil then
        t.host.check_request(made)
      end
    end
    for _, step in ipairs { "contact", "create", "note" } do
      t.host.check_outcome(dx.find_result(answer, one, cfg, { contact = USER, id = "1", look = i % 3 == 0 and { "1" } or nil }, step))
    end
    t.host.check_outcome(dx.result("note", answer, one, cfg, { id = "1" }))
    t.host.check_outcome(dx.result("settle", answer, one, cfg, { id = "1" }))
    t.host.check_outcome(dx.update_result(answer, one, cfg, saved))
    t.host.check_plain(dx.status(answer.json or {}, {}, cfg))
    walk(ticket { customer = t.mutate(full.customer), tags = t.mutate(full.tags), fields = t.mutate(full.fields) })
  end
end)
