-- Rows: S18 S20 S23 S27 S28 S72 S73 S74 S97 S134; sec S14 S15.
local t = ...
local ic = t.adapter "adapters/helpdesks/intercom.lua"
local HID = "abcdefghijklmnopqrstuvwxyz"
local CONTACT, TALK = "6762f2d81bb69f9f2193bc54", "215470012345"
local cfg = {
  admin_id = "991",
  ticket_type_id = 88,
  team_id = "5017691",
  workspace = "u5h3r0a1",
  tags = { refund = "7522907", skill_spanish = 7522908 },
  fields = { order_number = "Order", ["customer.tier"] = "Tier" },
  priority_attribute = "Priority",
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
    group_id = "5017692",
    tags = { "usher", "refund" },
    fields = { order_number = "4711" },
    attributes = {},
    customer = { external_id = "cust-1", name = "Jo Doe", email = "jo.doe@example.test", tier = "vip" },
    created_at_ms = 1795267675000,
    text = "usher-text-000000000000000000000001",
    text_format = "html",
  }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

local function from_fin(more)
  local one = ticket { as = "conversation", source = { name = "fin", adapter = "intercom", native_id = TALK } }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

-- What Intercom says when all is well; `other` answers first.
local function vendor(other)
  return function(r, step)
    local said = other and other(r, step)
    if said then
      return said
    elseif r.path == "/contacts/search" then
      return { status = 200, json = { type = "list", data = { { type = "contact", id = CONTACT, external_id = "cust-1" } } } }
    elseif r.path == "/contacts" then
      return { status = 200, json = { type = "contact", id = CONTACT } }
    elseif r.path == "/tickets" then
      return { status = 200, json = { type = "ticket", id = "626", ticket_id = "33" } }
    elseif r.path == "/conversations" then
      return { status = 200, json = { type = "user_message", id = "403918", conversation_id = TALK } }
    elseif r.method == "GET" then
      local there = { type = "contact.list", contacts = { { type = "contact", id = CONTACT } } }
      return { status = 200, json = { type = "conversation", id = TALK, open = false, state = "closed", contacts = there } }
    end
    return { status = 200, json = { type = "conversation", id = TALK } }
  end
end

local function walk(one, other, c)
  return t.walk(ic, one, c or cfg, vendor(other))
end

local paths, request = t.paths, t.sent

t.test("declares what it makes, its steps, look-ups and limits", function()
  t.has(t.host.check_plain(ic.describe()), {
    unique = "search",
    lag_s = 60,
    has_find = true,
    has_update = true,
    has_update_find = true,
    has_append = false,
    reset_header = "x-ratelimit-reset",
    makes = { { as = "ticket", needs = { "ticket_type_id" } }, { as = "conversation" } },
    continues = { "intercom" },
    auth = { scheme = "bearer" },
    steps = {
      { name = "contact", repeatable = true },
      { name = "create", after = "contact" },
      { name = "note", has_find = true },
      { name = "settle", repeatable = true },
    },
    carries = { format = "html", attachments = true },
    webhook = { verify = { algorithm = "sha1", header = "x-hub-signature", prefix = "sha1=" } },
  })
end)

-- --- S72: both kinds, byte for byte ---------------------------------------------

t.test("S72 S23 golden: a ticket", function()
  local sent, last = walk(ticket { skills = { "spanish" } })
  t.golden_walk("intercom-ticket", sent)
  t.same(last, {
    outcome = "done",
    id = "626",
    display_id = "33",
    url = "https://app.intercom.com/a/inbox/u5h3r0a1/inbox/conversation/626",
  })
end)

t.test("S72 golden: a conversation of its own", function()
  local sent, last = walk(ticket { as = "conversation" })
  t.golden_walk("intercom-conversation", sent)
  t.has(last, { outcome = "done", id = TALK, display_id = TALK })
  t.ok(last.there == nil)
end)

t.test("S72 golden: the customer's own conversation, and no second one", function()
  local sent, last = walk(from_fin())
  t.golden_walk("intercom-in-place", sent)
  t.has(last, { outcome = "done", id = TALK, there = true })
  t.same(paths(sent), {
    "GET /conversations/" .. TALK,
    "POST /conversations/" .. TALK .. "/reply",
    "POST /conversations/" .. TALK .. "/parts", -- open
    "PUT /conversations/" .. TALK,
    "POST /conversations/" .. TALK .. "/tags",
    "POST /conversations/" .. TALK .. "/parts", -- to the team
  })
end)

t.test("S72 as = ticket of a conversation here is linked with it", function()
  local sent = walk(from_fin { as = "ticket" })
  t.ok(request(sent, "POST /tickets").json.conversation_to_link_id == TALK)
end)

t.test("the same hand-over gives the same bytes", function()
  t.ok(t.host.json_write((walk(ticket()))) == t.host.json_write((walk(ticket()))))
end)

t.test("a chat that tells the conversation by a field", function()
  local c = t.copy(cfg)
  c.conversation_field = "talk"
  local sent = walk(ticket { as = "conversation", fields = { talk = TALK } }, nil, c)
  t.ok(sent[1].request.path == "/conversations/" .. TALK)
  sent = walk(ticket { as = "conversation", fields = { talk = "../me" } }, nil, c)
  t.ok(sent[1].request.path == "/contacts/search", "no number, no conversation")
end)

t.test("the Fin Agent API's ids are somebody else's", function()
  local one = from_fin { source = { adapter = "intercom", native_id = "4711", state = { fin_agent = true } } }
  t.ok(walk(one)[1].request.path == "/contacts/search")
  t.ok(request(walk(from_fin { as = "ticket", source = one.source }), "POST /tickets").json.conversation_to_link_id == nil)
end)

t.test("a conversation that is gone: a new one", function()
  local sent, last = walk(from_fin(), function(r)
    return r.method == "GET" and { status = 404, json = { errors = { { code = "not_found" } } } }
  end)
  t.same({ paths(sent)[1], paths(sent)[2], paths(sent)[3] }, {
    "GET /conversations/" .. TALK,
    "POST /contacts/search",
    "POST /conversations",
  })
  t.ok(last.outcome == "done" and last.there == nil)
end)

-- --- who it is -----------------------------------------------------------------

t.test("S18 nobody known: the person is made, and saved for the next step", function()
  local none = function(r)
    return r.path == "/contacts/search" and { status = 200, json = { type = "list", data = {} } }
  end
  local sent = walk(ticket(), none)
  t.same(request(sent, "POST /contacts").json, {
    role = "user",
    external_id = "cust-1",
    email = "jo.doe@example.test",
    name = "Jo Doe",
  })
  t.same(request(sent, "POST /tickets").json.contacts, { { id = CONTACT } })
  t.same(ic.result("contact", { status = 200, json = { type = "contact", id = CONTACT } }, ticket(), cfg, {}), {
    outcome = "done",
    saved = { contact = CONTACT },
  })
end)

t.test("S74 without any identity the conversation is the account", function()
  local sent = walk(ticket { customer = {} }, function(r)
    return r.path == "/contacts/search" and { status = 200, json = { type = "list", data = {} } }
  end)
  t.same(request(sent, "POST /contacts").json, { role = "user", external_id = "web:c-1" })
end)

t.test("the account goes before the address, and others' rows are no match", function()
  local list = {
    { id = "a", email = "other@example.test", external_id = "x" },
    { id = "b", email = "JO.DOE@example.test" },
    { id = "c", external_id = "cust-1" },
  }
  local function pick(data)
    return ic.result("contact", { status = 200, json = { type = "list", data = data } }, ticket(), cfg, {})
  end
  t.same(pick(list), { outcome = "done", saved = { contact = "c" } })
  t.same(pick { list[1], list[2] }, { outcome = "done", saved = { contact = "b" } })
  t.same(pick { list[1] }, { outcome = "again", saved = { create = true } })
end)

t.test("409: the one that Intercom names, else the account alone", function()
  local function conflict(message, saved)
    local json = { type = "error.list", errors = { { code = "conflict", message = message } } }
    return ic.result("contact", { status = 409, json = json }, ticket(), cfg, saved)
  end
  t.same(conflict("A contact matching those details already exists with id=" .. CONTACT, { create = true }), {
    outcome = "done",
    saved = { contact = CONTACT },
  })
  local r = conflict("exists", { create = true })
  t.same(r, { outcome = "again", saved = { create = true, bare = true } })
  t.same(ic.build("contact", ticket(), cfg, r.saved).json, { role = "user", external_id = "cust-1", name = "Jo Doe" })
  t.ok(conflict("exists", r.saved).outcome == "refused")
end)

-- --- what is made ----------------------------------------------------------------

t.test("S97 sec S15 the first text is the customer's, with the reference; the brief is a note", function()
  local sent = walk(ticket())
  local made = request(sent, "POST /tickets").json
  t.ok(made.ticket_attributes._default_description_ == "Where is my refund for order 4711?\n\nRef. " .. HID)
  t.ok(not t.host.json_write(made):find("usher-text", 1, true), "no brief where the customer reads")
  t.has(request(sent, "POST /tickets/626/reply").json, { message_type = "note", body = ticket().text, admin_id = "991" })
end)

t.test("the group's team, a named teammate, the default team", function()
  local function to(more, as)
    local sent = walk(ticket(more))
    return as == "ticket" and request(sent, "POST /tickets").json.assignment or sent[#sent].request.json.assignee_id
  end
  t.same(to({}, "ticket"), { team_assignee_id = "5017692" })
  t.same(to({ assignee = "77" }, "ticket"), { team_assignee_id = "5017692", admin_assignee_id = "77" })
  t.ok(to { as = "conversation" } == "5017692" and to { as = "conversation", assignee = "77" } == "77")
  local none = ticket { as = "conversation", assignee = "Ann" }
  none.group_id = nil
  local sent = walk(none)
  t.ok(sent[#sent].request.json.assignee_id == "5017691")
end)

t.test("what is optional may be what was refused: without it, and the note says so", function()
  local sent, last = walk(ticket(), function(r)
    return r.path == "/tickets" and r.json.assignment
      and { status = 422, json = { type = "error.list", errors = { { code = "data_invalid", message = "no <b>such</b> team" } } } }
  end)
  t.ok(last.outcome == "done" and sent[#sent].step == "settle")
  t.same(paths(sent), {
    "POST /contacts/search",
    "POST /tickets",
    "POST /tickets",
    "POST /tickets/626/reply",
    "PUT /tickets/626", -- the team again, by itself
    "POST /tickets/626/tags",
  })
  local note = request(sent, "POST /tickets/626/reply").json.body
  t.ok(note:find("no &lt;b&gt;such&lt;/b&gt; team", 1, true), note)
  local _, refused = walk(ticket(), function(r)
    return r.path == "/tickets" and { status = 400, json = { errors = { { code = "parameter_invalid", message = "no type" } } } }
  end)
  t.same(refused, { outcome = "refused", why = "status 400: no type" })
end)

t.test("S20 each answer to the create has its outcome", function()
  for i, case in ipairs {
    { { status = 200, text = "<html>" }, "unknown" },
    { { status = 200, json = { type = "ticket" } }, "unknown" },
    { { status = 200, json = { type = "job", id = "1" } }, "unknown" },
    { { status = 409 }, "retry" },
    { { status = 423 }, "retry" },
    { { status = 400, json = {} }, "again" },
    { { status = 404, json = { errors = {} } }, "again" },
  } do
    local r = t.host.check_outcome(ic.result("create", case[1], ticket(), cfg, { contact = CONTACT }))
    t.ok(r.outcome == case[2], ("case %d: %s"):format(i, r.outcome))
  end
end)

t.test("ids beyond 2^53 stay what they are", function()
  local big = 9223372036854775807
  local r = ic.result("create", { status = 200, json = { type = "ticket", id = big, ticket_id = big } }, ticket(), cfg, {})
  t.same(r.saved, { id = "9223372036854775807", shown = "9223372036854775807", kind = "ticket" })
end)

-- --- look-up --------------------------------------------------------------------

t.test("what may have been made is looked for among what the customer has", function()
  local saved = { contact = CONTACT }
  t.has(ic.find_build(ticket(), cfg, saved, "create"), {
    path = "/tickets/search",
    json = { query = { field = "contact_ids", operator = "=", value = CONTACT } },
  })
  t.ok(ic.find_build(ticket { as = "conversation" }, cfg, saved, "create").path == "/conversations/search")
  local function look(json)
    return t.host.check_outcome(ic.find_result({ status = 200, json = json }, ticket(), cfg, saved, "create"))
  end
  local mine = { _default_description_ = "x\n\nRef. " .. HID }
  t.ok(look({ tickets = {} }).outcome == "missing")
  t.ok(look({ tickets = { { id = "1", ticket_attributes = { _default_description_ = "other" } } } }).outcome == "missing")
  t.same(look { tickets = { { id = "12", ticket_attributes = mine }, { id = "9", ticket_id = "3", ticket_attributes = mine } } }, {
    outcome = "found",
    ids = { "9", "12" },
    id = "9",
    saved = { contact = CONTACT, id = "9", shown = "3", kind = "ticket" },
  })
  t.has(look { conversations = { { id = TALK, source = { body = "<p>x</p><p>Ref. " .. HID .. "</p>" } } } }, {
    id = TALK,
    saved = { kind = "conversation" },
  })
  t.ok(ic.find_result({ status = 200, json = {} }, ticket(), cfg, saved, "create").outcome == "unknown")
end)

t.test("a note is there when a note says so, not what the customer was told", function()
  local saved = { kind = "conversation", id = TALK }
  t.ok(ic.find_build(ticket(), cfg, saved, "note").path == "/conversations/" .. TALK)
  local function look(part)
    local parts = { conversation_parts = { conversation_parts = { part } } }
    return ic.find_result({ status = 200, json = parts }, ticket(), cfg, saved, "note").outcome
  end
  t.ok(look { part_type = "comment", body = "Your request " .. HID } == "missing")
  t.ok(look { part_type = "note", body = "<p>" .. HID .. "</p>" } == "found")
  t.ok(ic.find_result({ status = 200, json = { ticket_parts = { ticket_parts = { { part_type = "note", body = HID } } } } }, ticket(), cfg, saved, "note").outcome == "found")
end)

-- --- what is there already --------------------------------------------------------

t.test("P15 append_to: the customer's ticket by either number, opened and noted", function()
  local mine = { type = "ticket", id = "626", ticket_id = "33", open = false }
  for _, name in ipairs { "626", "33" } do
    local sent, last = walk(ticket { append_to = name }, function(r)
      return r.path == "/tickets/search" and { status = 200, json = { type = "ticket.list", tickets = { { id = "1" }, mine } } }
    end)
    t.same(paths(sent), {
      "POST /contacts/search",
      "POST /tickets/search",
      "POST /tickets/626/reply",
      "PUT /tickets/626",
      "POST /tickets/626/tags",
    })
    t.has(request(sent, "PUT /tickets/626").json, { open = true, assignee_id = "5017692" })
    t.has(last, { id = "626", display_id = "33", there = true })
  end
end)

t.test("P15 a ticket or conversation of another customer is not written in", function()
  local sent = walk(ticket { append_to = "700" }, function(r)
    return r.path == "/tickets/search" and { status = 200, json = { tickets = { { id = "626", ticket_id = "33" } } } }
  end)
  t.ok(request(sent, "POST /tickets"))
  sent = walk(ticket { as = "conversation", append_to = TALK }, function(r)
    local others = { contacts = { { id = "somebody-else" } } }
    return r.method == "GET" and { status = 200, json = { type = "conversation", id = TALK, contacts = others } }
  end)
  t.ok(request(sent, "POST /conversations"))
  sent = walk(ticket { as = "conversation", append_to = TALK })
  t.ok(sent[2].request.method == "GET" and sent[3].step == "note")
end)

t.test("a look whose customer was forgotten begins anew", function()
  local one = ticket { append_to = "626" }
  local r = ic.result("contact", { status = 200, json = { tickets = { { id = "626" } } } }, one, cfg, {})
  t.same(r, { outcome = "again", saved = {} })
end)

t.test("P14 link_to of a conversation is the tracker's", function()
  local sent = walk(ticket { as = "conversation", link_to = "900" })
  t.same(request(sent, "POST /tickets/900/linked_conversations").json, { conversation_id = TALK })
end)

t.test("what is refused at the end costs nothing: the rest is set", function()
  local sent, last = walk(ticket { as = "conversation" }, function(r, step)
    return step == "settle" and { status = 400, json = { errors = { { code = "bad_request" } } } }
  end)
  t.ok(last.outcome == "done" and sent[#sent].request.json.message_type == "assignment")
end)

t.test("S73 a long transcript goes along as a file; refused, without", function()
  local one = ticket { attachments = { { name = "transcript.txt", type = "text/plain", data = "b64", raw = "raw" } } }
  local sent = walk(one)
  t.same(request(sent, "POST /tickets/626/reply").json.attachment_files, {
    { content_type = "text/plain", name = "transcript.txt", data = "b64" },
  })
  local again = ic.result("note", { status = 413 }, one, cfg, { id = "626", kind = "ticket" })
  t.same(again, { outcome = "again", saved = { id = "626", kind = "ticket", no_files = true } })
  t.ok(ic.build("note", one, cfg, again.saved).json.attachment_files == nil)
  t.ok(ic.result("note", { status = 413 }, one, cfg, again.saved).outcome == "refused")
end)

-- --- later ------------------------------------------------------------------------

local said = { text_mark = "M", key = "k-1", public = false }

t.test("S28 what follows is a note with a mark, found by it", function()
  local saved = { id = "626", kind = "ticket" }
  local r = ic.update_build(ticket { update = said }, cfg, saved)
  t.has(r, { path = "/tickets/626/reply", json = { message_type = "note", body = "M<p>(usher k-1)</p>" } })
  t.same(ic.update_result({ status = 200, json = {} }, ticket { update = said }, cfg, saved), {
    outcome = "done",
    id = "626",
    url = "https://app.intercom.com/a/inbox/u5h3r0a1/inbox/conversation/626",
  })
  local parts = { ticket_parts = { ticket_parts = { { part_type = "note", body = "x (usher k-1)" } } } }
  t.ok(ic.update_find_result({ status = 200, json = parts }, ticket { update = said }, cfg, saved).outcome == "found")
end)

t.test("in the customer's own conversation nothing is said twice", function()
  t.ok(ic.update_build(from_fin { update = said }, cfg, { id = TALK, kind = "conversation" }) == nil)
  t.ok(ic.update_build(from_fin { update = said }, cfg, { id = "9", kind = "conversation" }) ~= nil)
end)

t.test("P10 another language: a tag that Intercom's number is known of, then the note", function()
  local saved = { id = "626", kind = "ticket" }
  local one = ticket { update = { text_mark = "M", key = "k-1", tags = { "language:es" } } }
  local c = {}
  for key, value in pairs(cfg) do
    c[key] = value
  end
  c.tags = { ["language:es"] = "7522908" }
  local r = ic.update_build(one, c, saved)
  t.host.check_request(r)
  t.has(r, { method = "POST", path = "/tickets/626/tags", json = { id = "7522908", admin_id = "991" } })
  local tagged = { status = 200, json = { type = "tag", id = "7522908", name = "language:es" } }
  local answers = { tagged, { status = 403 }, { status = 404, json = { type = "error.list" } } }
  for _, answer in ipairs(answers) do
    local next_one = t.host.check_outcome(ic.update_result(answer, one, c, saved))
    t.same(next_one, { outcome = "again", saved = { id = "626", kind = "ticket", tagged = 1 } })
    t.has(ic.update_build(one, c, next_one.saved), { path = "/tickets/626/reply", json = { message_type = "note" } })
    t.ok(ic.update_result({ status = 200, json = { type = "ticket_part" } }, one, c, next_one.saved).outcome == "done")
  end
  t.ok(ic.update_result({ status = 200, json = { type = "conversation" } }, one, c, saved).outcome == "done", "after a restart")
  t.ok(ic.update_result({ status = 409 }, one, c, saved).outcome == "retry")
  t.ok(ic.update_build(one, cfg, saved).path == "/tickets/626/reply", "no number, no tag: the text says it")
  local own, here = from_fin { update = one.update }, { id = TALK, kind = "conversation" }
  t.ok(ic.update_build(own, c, here).path == "/conversations/" .. TALK .. "/tags")
  here = ic.update_result(tagged, own, c, here).saved
  t.ok(ic.update_build(own, c, here) == nil, "in the customer's own conversation the message stands already")
end)

t.test("S28 states: tickets by their category, conversations by the topic", function()
  local function status(topic, item)
    return ic.status({ id = "notif_1", topic = topic, created_at = 1795230901, data = { item = item } }, {}, cfg)
  end
  t.has(status("ticket.state.updated", { type = "ticket", id = 626, open = true, ticket_state = { category = "waiting_on_customer" } }), {
    id = "626",
    status = "waiting",
    event_id = "notif_1",
  })
  t.ok(status("ticket.closed", { ticket = { type = "ticket", id = "6", open = false, ticket_state = { category = "resolved" } } }).status == "closed")
  t.ok(status("conversation.admin.closed", { type = "conversation", id = TALK }).status == "closed")
  t.ok(status("conversation.user.replied", { type = "conversation", id = TALK }) == nil and status("ping", {}) == nil)
end)

t.test("property: 2,000 mutated tickets and answers never raise an error", function()
  cfg.tags["language:es"] = "7522908"
  said.tags = { "language:es" }
  local full = from_fin { append_to = "33", link_to = "9", update = said, attachments = { { name = "n", data = "d" } } }
  local answers = {
    { status = 200, json = { type = "list", data = { { id = CONTACT, external_id = "cust-1", email = "a@b.test" } } } },
    { status = 409, json = { errors = { { code = "conflict", message = "id=abc" } } } },
    { status = 200, json = { type = "conversation", id = TALK, contacts = { contacts = { { id = CONTACT } } }, state = "open" } },
    { status = 200, json = { type = "ticket", id = "626", ticket_id = "33" } },
    { status = 200, json = { tickets = { { id = "626", ticket_attributes = { _default_description_ = HID } } } } },
    { status = 200, json = { conversations = { { id = "1", source = { body = HID } } } } },
    { status = 200, json = { conversation_parts = { conversation_parts = { { part_type = "note", body = HID } } } } },
    { status = 400, text = "text" },
  }
  for i = 1, 2000 do
    local answer = t.mutate(answers[i % #answers + 1])
    local one = i % 2 == 0 and full or ticket { append_to = "626", update = said }
    local saved = ({ {}, { contact = CONTACT }, { contact = CONTACT, id = TALK, kind = "conversation" }, { create = true } })[i % 4 + 1]
    for _, step in ipairs { "contact", "create" } do
      local r = t.host.check_outcome(ic.result(step, answer, one, cfg, saved))
      local made = r.outcome == "again" and ic.build(step, one, cfg, r.saved)
      if made and made.outcome == nil then
        t.host.check_request(made)
      end
    end
    t.host.check_outcome(ic.result("note", answer, one, cfg, { id = "1", kind = "ticket" }))
    t.host.check_outcome(ic.result("settle", answer, one, cfg, { id = "1", kind = "conversation" }))
    t.host.check_outcome(ic.find_result(answer, one, cfg, saved, "create"))
    t.host.check_outcome(ic.find_result(answer, one, cfg, { id = "1", kind = "ticket" }, "note"))
    t.host.check_outcome(ic.update_result(answer, one, cfg, saved))
    t.host.check_plain(ic.status(answer.json or {}, {}, cfg))
    walk(ticket { customer = t.mutate(full.customer), tags = t.mutate(full.tags), fields = t.mutate(full.fields) })
  end
end)
