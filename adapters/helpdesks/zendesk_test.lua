-- Rows: S18 S19 S20 S23 S27 S28 S46 S56 S72 S73 S74; sec S14 S15.
local t = ...
local zendesk = t.adapter "adapters/helpdesks/zendesk.lua"
local cfg = {
  subdomain = "acme",
  fields = { order_number = 900001, account_id = "9007199254740993", conversation_id = 900002, ["customer.tier"] = 900003 },
}
local HID = "abcdefghijklmnopqrstuvwxyz"

local function ticket(more)
  local one = {
    handoff_id = HID,
    tenant = "default",
    conversation_id = "web:c-1",
    subject = "Refund for order 4711",
    priority = "high",
    group = "billing",
    group_id = 36001,
    tags = { "usher", "ai-handoff", "reason:refund", "Big Customer" },
    reason = "refund",
    next_step = "Approve",
    fields = { order_number = "4711", account_id = "A-9" },
    attributes = {},
    customer = { external_id = "cust-1", name = "Jo Doe", email = "jo.doe@example.test", tier = "vip" },
    text = "usher-text-000000000000000000000001",
    brief = "usher-text-000000000000000000000002",
    text_length = 100,
    text_format = "html",
  }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

local function build(t_, saved, c)
  local r = zendesk.build("create", t_, c or cfg, saved or {})
  t.host.check_request(r)
  return r
end

local function result(response, t_, saved, c)
  return t.host.check_outcome(zendesk.result("create", response, t_ or ticket(), c or cfg, saved or {}))
end

t.test("S139 the due time goes into the field that is named for it", function()
  local c = { subdomain = "acme", fields = { due_at = 900009 } }
  local r = build(ticket { due_at = "2026-11-21T13:27:55Z", due_at_ms = 1795267675000 }, nil, c)
  t.same(r.json.ticket.custom_fields, { { id = 900009, value = "2026-11-21T13:27:55Z" } })
  t.same(build(ticket(), nil, c).json.ticket.custom_fields, nil)
end)

t.test("S97 skills are tags, and a field where one is named for them", function()
  local c = { subdomain = "acme", skills = { spanish = "lang es" }, fields = { skills = 900010 } }
  local made = build(ticket { skills = { "spanish", "Card Disputes" } }, nil, c).json.ticket
  t.same(made.tags, { "usher", "ai-handoff", "reason:refund", "big_customer", "lang_es", "skill_card_disputes" })
  t.same(made.custom_fields, { { id = 900010, value = "spanish, Card Disputes" } })
  t.ok(made.group_id == 36001)
end)

t.test("declares key, look-up and limits", function()
  local d = t.host.check_plain(zendesk.describe())
  t.has(d, {
    kind = "helpdesk",
    unique = "handle",
    idempotency_s = 7200,
    has_find = true,
    has_update = true,
    has_update_find = true,
    auth = { scheme = "basic", user = "{email}/token", password = "{token}", otherwise = { scheme = "bearer" } },
    carries = { format = "html", attachments = true },
    steps = { { name = "create" } },
    webhook = { verify = { signed = "{ts}{body}", timestamp_unit = "iso", encoding = "base64" } },
  })
end)

t.test("S23 S46 the ticket: path, key, comment, requester, tags, fields", function()
  t.same(build(ticket()), {
    method = "POST",
    path = "/api/v2/tickets",
    headers = { Accept = "application/json", ["Idempotency-Key"] = HID },
    json = {
      ticket = {
        subject = "Refund for order 4711",
        comment = { html_body = "usher-text-000000000000000000000001", public = false },
        requester = { name = "Jo Doe", email = "jo.doe@example.test" },
        priority = "high",
        group_id = 36001,
        tags = { "usher", "ai-handoff", "reason:refund", "big_customer" },
        custom_fields = {
          { id = 9007199254740993, value = "A-9" },
          { id = 900002, value = "web:c-1" },
          { id = 900003, value = "vip" },
          { id = 900001, value = "4711" },
        },
        external_id = HID,
      },
    },
  })
end)

t.test("the same ticket gives the same bytes", function()
  t.ok(t.host.json_write(build(ticket())) == t.host.json_write(build(ticket())))
end)

t.test("S74 a hand-over without any identity is made", function()
  for _, customer in ipairs { {}, { name = "Only A Name" }, { email = "no address" }, { email = "a@b" } } do
    local made = build(ticket { customer = customer }).json.ticket
    t.ok(made.requester == nil and made.requester_id == nil)
  end
  local made = build { handoff_id = HID, text = "mark" }.json.ticket
  t.same(made, {
    subject = "Conversation",
    comment = { html_body = "mark", public = false },
    priority = "normal",
    external_id = HID,
  })
end)

t.test("S18 S27 without an address the person is found by external id or phone first", function()
  local one = ticket { customer = { external_id = 9007199254740993, name = "Jo", phone = "+49 30 1" } }
  local first = build(one)
  t.same(first, {
    method = "POST",
    path = "/api/v2/users/create_or_update",
    headers = { Accept = "application/json" },
    json = {
      user = {
        name = "Jo",
        external_id = "9007199254740993",
        phone = "+49 30 1",
        role = "end-user",
        skip_verify_email = true,
      },
    },
  })
  local r = result({ status = 200, json = { user = { id = 20978392 } } }, one)
  t.same(r, { outcome = "again", saved = { requester_id = "20978392" } })
  local second = build(one, r.saved)
  t.has(second, { path = "/api/v2/tickets", json = { ticket = { requester_id = 20978392 } } })
  t.ok(second.headers["Idempotency-Key"] == HID)
  t.has(build(ticket { customer = { phone = "+1 555" } }), { json = { user = { name = "+1 555", phone = "+1 555" } } })
end)

t.test("a person who cannot be made costs the ticket nothing", function()
  local one = ticket { customer = { external_id = "x" } }
  for _, status in ipairs { 400, 404, 422 } do
    local r = result({ status = status, json = { error = "RecordInvalid" } }, one)
    t.same(r, { outcome = "again", saved = { no_requester = true } })
    t.ok(build(one, r.saved).path == "/api/v2/tickets")
  end
  t.ok(build(one, {}, { subdomain = "a", upsert_users = false }).path == "/api/v2/tickets")
end)

t.test("a long transcript goes up as a file first", function()
  local one = ticket { attachments = { { name = "transcript.txt", type = "text/plain", data = "b64", raw = "rawmark" } } }
  local first = build(one)
  t.has(first, {
    method = "POST",
    path = "/api/v2/uploads",
    query = { filename = HID .. "-transcript.txt" },
    bytes = "rawmark",
    type = "text/plain",
  })
  local r = result({ status = 201, json = { upload = { token = "tok1" } } }, one)
  t.same(r, { outcome = "again", saved = { upload = "tok1" } })
  t.same(build(one, r.saved).json.ticket.comment.uploads, { "tok1" })
  t.has(result({ status = 413, text = "too large" }, one), { outcome = "again", saved = { no_upload = true } })
  t.ok(build(one, { no_upload = true }).json.ticket.comment.uploads == nil)
end)

-- Answers of 2xx that hold nothing of what they should.
local empty_answers = {
  { status = 200, json = {} },
  { status = 201, json = { upload = {} } },
  { status = 201, json = { upload = { token = false } } },
  { status = 200, json = { user = {} } },
  { status = 200, json = { user = "x" } },
  { status = 200, text = "<html>" },
  { status = 204 },
}

t.test("an upload without a token is not waited for", function()
  local one = ticket { attachments = { { name = "transcript.txt", type = "text/plain", data = "b64", raw = "rawmark" } } }
  for i, answer in ipairs(empty_answers) do
    local r = result(answer, one)
    t.same(r, { outcome = "again", saved = { no_upload = true } })
    local second = build(one, r.saved)
    t.ok(second.path == "/api/v2/tickets" and second.json.ticket.comment.uploads == nil, i)
    t.ok(result(answer, one, r.saved).outcome == "unknown", "the ticket's own answer: look it up")
  end
end)

t.test("a requester without an id is not waited for", function()
  local one = ticket { customer = { external_id = "x" } }
  for i, answer in ipairs(empty_answers) do
    local r = result(answer, one)
    t.same(r, { outcome = "again", saved = { no_requester = true } })
    t.ok(build(one, r.saved).path == "/api/v2/tickets", i)
    t.ok(result(answer, one, r.saved).outcome == "unknown", "the ticket's own answer: look it up")
  end
end)

t.test("a file and a requester, neither of them had: one ticket all the same", function()
  local one = ticket {
    customer = { external_id = "x" },
    attachments = { { name = "transcript.txt", type = "text/plain", data = "b64", raw = "rawmark" } },
  }
  local saved, paths = {}, {}
  for _ = 1, 3 do
    local r = build(one, saved)
    paths[#paths + 1] = r.path
    local said = result(r.path == "/api/v2/tickets" and { status = 201, json = { ticket = { id = 7 } } } or { status = 200, json = {} }, one, saved)
    saved = said.saved
  end
  t.same(paths, { "/api/v2/uploads", "/api/v2/users/create_or_update", "/api/v2/tickets" })
  t.same(saved, { id = "7" })
end)

t.test("a ticket's answer is read as one, whatever was forgotten", function()
  local one = ticket { attachments = { { name = "transcript.txt", type = "text/plain", data = "b64", raw = "rawmark" } } }
  t.ok(result({ status = 201, json = { ticket = { id = 7 } } }, one).outcome == "done")
  t.ok(result({ status = 201, json = { ticket = {} } }, one).outcome == "unknown")
end)

t.test("S72 S73 a public first comment when the configuration says so", function()
  local c = { subdomain = "acme", comment = "public", priorities = { high = "urgent" }, brand_id = 7, type = "problem" }
  t.has(build(ticket(), {}, c).json.ticket, {
    comment = { public = true },
    priority = "urgent",
    brand_id = 7,
    type = "problem",
  })
end)

t.test("an assignee is an address or an id, else nobody", function()
  t.has(build(ticket { assignee = "ann@acme.test" }).json.ticket, { assignee_email = "ann@acme.test" })
  t.has(build(ticket { assignee = "9007199254740993" }).json.ticket, { assignee_id = 9007199254740993 })
  local made = build(ticket { assignee = "Ann" }).json.ticket
  t.ok(made.assignee_id == nil and made.assignee_email == nil)
end)

t.test("sec S14 S15 nothing a customer writes leaves its place", function()
  local nasty = 'x"\r\nX-Evil: 1\r\n\r\n{"ticket":{}}\\ \u{202e}'
  local r = build(ticket {
    subject = nasty,
    tags = { nasty },
    customer = { name = nasty, email = "a@b.test\r\nBcc: x@y.test", external_id = nasty },
    fields = { order_number = nasty },
  })
  local body = t.host.check_request(r, { ["usher%-text%-0*1"] = nasty })
  local back = t.host.json_read(body).ticket
  t.ok(not back.subject:find "%c" and back.comment.html_body == nasty)
  t.ok(back.custom_fields[#back.custom_fields].value == nasty and back.requester == nil)
  t.ok(not back.tags[1]:find '[%c"]')
end)

local too_long = ("\u{e9}"):rep(400)
t.test("a subject is cut at a character", function()
  local s = build(ticket { subject = too_long }).json.ticket.subject
  t.ok(#s <= 600 and utf8.len(s) == 300)
end)

-- --- outcomes -----------------------------------------------------------------

local id = 9007199254740993
t.test("created: the id exactly, the page for people", function()
  local want = {
    outcome = "done",
    id = "9007199254740993",
    display_id = "9007199254740993",
    url = "https://acme.zendesk.com/agent/tickets/9007199254740993",
    saved = { id = "9007199254740993" },
  }
  t.same(result { status = 201, json = { ticket = { id = id } } }, want)
  t.same(result({ status = 200, json = { ticket = { id = tostring(id) } } }, nil, nil), want)
  local c = { url = "http://127.0.0.1:8080/" }
  t.ok(result({ status = 201, json = { ticket = { id = 7 } } }, nil, nil, c).url == "http://127.0.0.1:8080/agent/tickets/7")
end)

t.test("each answer has its outcome", function()
  local cases = {
    { { status = 200, text = "<html>garbage" }, "unknown" },
    { { status = 201, json = { ticket = {} } }, "unknown" },
    { { status = 201, json = { ticket = "x" } }, "unknown" },
    { { status = 201, json = { "x" } }, "unknown" },
    { { status = 204 }, "unknown" },
    { { status = 409, json = {} }, "retry" },
    { { status = 423 }, "retry" },
    { { status = 400, json = { error = "ParameterMissing" } }, "refused" },
    { { status = 400, json = { error = "IdempotentRequestError" } }, "unknown" },
    { { status = 400, json = { error = { title = "IdempotentRequestError" } } }, "unknown" },
    { { status = 404, json = { error = "RecordNotFound", description = "Not found" } }, "refused" },
    { { status = 413, text = "too large" }, "refused" },
    { { status = 422, json = { error = "RecordInvalid", details = { comment = { { description = "bad" } } } } }, "refused" },
    { { status = 422, json = { error = "RecordInvalid" } }, "refused" },
    { { status = 422, text = "\27[31mevil\r\n" }, "refused" },
  }
  for i, case in ipairs(cases) do
    local r = result(case[1])
    t.ok(r.outcome == case[2], ("case %d: %s, not %s"):format(i, r.outcome, case[2]))
  end
end)

t.test("a refused optional field is left out once, with a note", function()
  local refusal = {
    status = 422,
    json = { error = "RecordInvalid", details = { group = { { description = "Group: is <b>invalid</b>" } } } },
  }
  local r = result(refusal)
  t.same(r, {
    outcome = "again",
    saved = { drop = { "group_id" }, left_out = "group (Group: is <b>invalid</b>)" },
  })
  local second = build(ticket(), r.saved)
  local made = second.json.ticket
  t.ok(made.group_id == nil and made.priority == "high")
  t.ok(made.comment.html_body:find("made without group (Group: is &lt;b&gt;invalid&lt;/b&gt;)", 1, true))
  t.ok(second.headers["Idempotency-Key"] == HID .. "-2", "other bytes need another key")
  t.ok(result(refusal, nil, r.saved).outcome == "refused")
end)

t.test("each optional member can be left out", function()
  for name, member in t.host.pairs {
    requester = "requester",
    email = "requester",
    assignee_email = "assignee_email",
    custom_fields = "custom_fields",
    custom_field_900001 = "custom_fields",
    tags = "tags",
    priority = "priority",
  } do
    local r = result { status = 422, json = { details = { [name] = { { description = "no" } } } } }
    t.ok(r.outcome == "again", name)
    t.ok(build(ticket { assignee = "a@b.test" }, r.saved).json.ticket[member] == nil, name)
  end
end)

-- --- look-up --------------------------------------------------------------------

t.test("the look-up is a list by external_id, and only ours counts", function()
  local r = zendesk.find_build(ticket(), cfg, {})
  t.host.check_request(r)
  t.has(r, { method = "GET", path = "/api/v2/tickets", query = { external_id = HID } })
  local function look(response)
    return t.host.check_outcome(zendesk.find_result(response, ticket(), cfg, {}))
  end
  t.ok(look({ status = 200, json = { tickets = {} } }).outcome == "missing")
  t.ok(look({ status = 200, json = { tickets = { { id = 1, external_id = "other" } } } }).outcome == "missing")
  t.has(look { status = 200, json = { tickets = { { id = 12, external_id = HID }, { id = 9, external_id = HID } } } }, {
    outcome = "found",
    ids = { "9", "12" },
    id = "9",
    url = "https://acme.zendesk.com/agent/tickets/9",
  })
  t.ok(look({ status = 200, text = "<html>" }).outcome == "unknown")
  t.ok(look({ status = 404, json = {} }).outcome == "unknown")
end)

-- --- append -----------------------------------------------------------------------

t.test("an appended message is private, marked, and found by its mark", function()
  local one = ticket { ticket_id = "35436", update = { text_mark = "MARK", public = false, key = "01KEY" } }
  local r = zendesk.update_build(one, cfg, {})
  t.host.check_request(r)
  t.same(r.json, { ticket = { comment = { html_body = "MARK<p>(usher 01KEY)</p>", public = false } } })
  t.ok(r.method == "PUT" and r.path == "/api/v2/tickets/35436")
  t.ok(zendesk.update_build(one, cfg, { id = "7" }).path == "/api/v2/tickets/7")
  local read = function(response)
    return t.host.check_outcome(zendesk.update_result(response, one, cfg, {})).outcome
  end
  t.ok(read { status = 200, json = { ticket = { id = 35436 } } } == "done")
  t.ok(read { status = 409 } == "retry" and read { status = 422, text = "closed" } == "refused")
  local f = zendesk.update_find_build(one, cfg, {})
  t.has(f, { method = "GET", path = "/api/v2/tickets/35436/comments", query = { sort_order = "desc" } })
  local look = function(response)
    return t.host.check_outcome(zendesk.update_find_result(response, one, cfg, {})).outcome
  end
  t.ok(look { status = 200, json = { comments = { { body = "x" }, { html_body = "..(usher 01KEY).." } } } } == "found")
  t.ok(look { status = 200, json = { comments = { { body = "usher 01KE" } } } } == "missing")
  t.ok(look { status = 200, text = "?" } == "unknown")
end)

-- --- a hand-over that goes on in a ticket there is (P15) ----------------------------

-- What the vendor answers, one after the other, and the requests it gets.
local function play(one, answers)
  local saved, asked, last = {}, {}, nil
  for i, answer in ipairs(answers) do
    asked[i] = zendesk.build("append", one, cfg, saved)
    t.host.check_request(asked[i])
    last = t.host.check_outcome(zendesk.result("append", answer, one, cfg, saved))
    saved = last.saved or {}
  end
  return asked, last
end

local function listed(more)
  local one = { id = 4711, status = "solved", priority = "normal", tags = { "vip" }, type = "question" }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return { status = 200, json = { tickets = { one } } }
end
local commented = { status = 200, json = { ticket = { id = 4711 }, audit = {} } }
local back = ticket { append_to = "4711", tags = { "repeat_contact" } }

t.test("P15 a solved ticket: a private comment, open again, more urgent, its tags kept", function()
  local asked, last = play(back, { listed(), commented })
  t.has(asked[1], { method = "GET", path = "/api/v2/tickets/show_many", query = { ids = "4711" } })
  t.same(asked[2], {
    method = "PUT",
    path = "/api/v2/tickets/4711",
    headers = { Accept = "application/json" },
    json = {
      ticket = {
        comment = { html_body = back.text .. "<p>(usher " .. HID .. ")</p>", public = false },
        status = "open",
        priority = "high",
        tags = { "vip", "repeat_contact" },
      },
    },
  })
  t.has(last, { outcome = "done", id = "4711", display_id = "4711", url = "https://acme.zendesk.com/agent/tickets/4711" })
end)

t.test("P15 what is open stays as it is, and priority never falls", function()
  local asked = play(back, { listed { status = "new", priority = "urgent", tags = { "repeat_contact" } }, commented })
  local put = asked[2].json.ticket
  t.ok(put.status == nil and put.priority == nil and put.tags == nil and put.comment.public == false)
end)

t.test("P15 a closed ticket: a follow-up that names it, under the hand-over's key", function()
  for _, refusal in ipairs {
    { listed { status = "closed" } },
    { listed(), { status = 422, json = { error = "RecordInvalid", details = { status = { { description = "closed" } } } } } },
  } do
    local asked, last = play(back, { refusal[1], refusal[2] or { status = 201, json = { ticket = { id = 4800 } } }, { status = 201, json = { ticket = { id = 4800 } } } })
    local post = asked[refusal[2] and 3 or 2]
    t.has(post, { method = "POST", path = "/api/v2/tickets", headers = { ["Idempotency-Key"] = HID } })
    t.has(post.json.ticket, { via_followup_source_id = 4711, external_id = HID })
    t.has(last, { outcome = "done", id = "4800" })
  end
end)

t.test("P15 a ticket that is gone, or is no ticket's number: a new one", function()
  local asked, last = play(back, { { status = 200, json = { tickets = {} } }, { status = 201, json = { ticket = { id = 4800 } } } })
  t.ok(asked[2].method == "POST" and asked[2].json.ticket.via_followup_source_id == nil and last.id == "4800")
  asked = play(ticket { append_to = "the old one" }, { { status = 201, json = { ticket = { id = 4801 } } } })
  t.ok(asked[1].method == "POST" and asked[1].path == "/api/v2/tickets")
end)

t.test("P15 a long transcript goes along as a file", function()
  local long = ticket { append_to = "4711", attachments = { { name = "transcript.txt", type = "text/plain", data = "D", raw = "RAW", length = 9 } } }
  local asked = play(long, { listed(), { status = 201, json = { upload = { token = "tok" } } }, commented })
  t.ok(asked[2].path == "/api/v2/uploads" and asked[2].bytes == "RAW")
  t.same(asked[3].json.ticket.comment.uploads, { "tok" })
end)

t.test("P15 after a restart nothing is known but the answer: no second comment, no second ticket", function()
  local function read(answer)
    return t.host.check_outcome(zendesk.result("append", answer, back, cfg, {}))
  end
  t.has(read(commented), { outcome = "done", id = "4711" })
  t.has(read { status = 201, json = { ticket = { id = 4800 } } }, { outcome = "done", id = "4800" })
  t.has(read(listed()), { outcome = "again", saved = { seen = { status = "solved" } } })
  t.same(read(listed { id = 90017 }).saved, {})
  for _, status in ipairs { 409, 423 } do
    t.ok(read({ status = status }).outcome == "retry")
  end
end)

t.test("P15 the look-up: our mark among the ticket's comments", function()
  local f = zendesk.append_find_build(back, cfg, {})
  t.has(f, { method = "GET", path = "/api/v2/tickets/4711/comments", query = { sort_order = "desc" } })
  local function look(response)
    return t.host.check_outcome(zendesk.append_find_result(response, back, cfg, {}))
  end
  t.has(look { status = 200, json = { comments = { { html_body = "x (usher " .. HID .. ")" } } } }, { outcome = "found", id = "4711", saved = { id = "4711" } })
  t.ok(look({ status = 200, json = { comments = {} } }).outcome == "missing")
  t.ok(look({ status = 404, json = {} }).outcome == "missing")
  t.ok(look({ status = 200, text = "?" }).outcome == "unknown")
end)

-- --- a ticket that belongs with another (P14) ----------------------------------------

t.test("P14 with a problem: an incident of it; with a closed ticket: its follow-up; else only named", function()
  local one = ticket { link_to = "90017" }
  t.has(build(one), { method = "GET", path = "/api/v2/tickets/show_many", query = { ids = "90017" } })
  local function linked(more)
    local answer = listed(more)
    local saved = result(answer, one).saved
    return build(one, saved).json.ticket
  end
  local made = linked { id = 90017, type = "problem" }
  t.ok(made.type == "incident" and made.problem_id == 90017)
  made = linked { id = 90017, status = "closed" }
  t.ok(made.via_followup_source_id == 90017 and made.problem_id == nil)
  made = linked { id = 90017, status = "open" }
  t.ok(made.via_followup_source_id == nil and made.problem_id == nil and made.type == nil)
end)

t.test("P14 a ticket that cannot be looked at, or no ticket's number, holds nothing up", function()
  local one = ticket { link_to = "90017" }
  t.ok(build(one, result({ status = 404, json = {} }, one).saved).path == "/api/v2/tickets")
  t.ok(build(ticket { link_to = "pay-0412" }).path == "/api/v2/tickets")
  local made = build(one, { linked = { problem = "90017" }, drop = { "type", "problem_id" }, left_out = "problem_id" }).json.ticket
  t.ok(made.problem_id == nil and made.type == nil, "a refused link is left out with a note")
end)

-- --- its webhooks -------------------------------------------------------------------

t.test("status events and trigger bodies, whatever their case", function()
  local event = {
    type = "zen:event-type:ticket.status_changed",
    id = "e-1",
    time = "2026-11-21T03:15:01Z",
    detail = { id = "35436", external_id = HID, status = "OPEN", priority = "HIGH" },
    event = { current = "SOLVED", previous = "OPEN" },
  }
  t.same(t.host.check_plain(zendesk.status(event, {}, cfg)), {
    id = "35436",
    handoff_id = HID,
    status = "resolved",
    native_status = "solved",
    priority = "high",
    at_ms = 1795230901000,
    event_id = "e-1",
  })
  local trigger = { ticket_id = 35436, status = "Pending", external_id = HID }
  t.has(zendesk.status(trigger, { ["x-zendesk-webhook-invocation-id"] = "inv" }, cfg), {
    id = "35436",
    status = "waiting",
    event_id = "inv",
  })
  for native, ours in t.host.pairs {
    new = "open",
    Open = "in_progress",
    hold = "waiting",
    closed = "closed",
  } do
    t.ok(zendesk.status({ ticket_id = "1", status = native }, {}, cfg).status == ours)
  end
  t.ok(zendesk.status({ ticket_id = "1", status = "VIP" }, {}, { statuses = { vip = "waiting" } }).status == "waiting")
  t.ok(zendesk.status({ status = "open" }, {}, cfg) == nil)
  t.ok(zendesk.status({ ticket_id = "1", status = "nonsense" }, {}, cfg) == nil)
  t.ok(zendesk.status({ detail = "x", event = 1, ticket_id = {} }, {}, cfg) == nil)
end)

t.test("S97 skills are among the tags of a ticket that goes on, too", function()
  local c = { subdomain = "acme", skills = { spanish = "lang_es" } }
  local one = ticket { append_to = "4711", skills = { "spanish" }, tags = { "usher" } }
  local r = zendesk.build("append", one, c, { seen = { status = "open", tags = { "old" } } })
  t.same(r.json.ticket.tags, { "old", "usher", "lang_es" })
end)

local function became(response)
  return t.host.check_outcome(zendesk.follow_result(response, { "1", "2" }, cfg))
end

t.test("S176 what became of tickets: many in one request", function()
  local r = zendesk.follow_build({ "35436", "35437" }, cfg)
  t.host.check_request(r)
  t.same({ r.method, r.path, r.query }, { "GET", "/api/v2/tickets/show_many", { ids = "35436,35437", include = "metric_sets" } })
  t.ok(zendesk.describe().follow_batch == 100 and zendesk.describe().closed_for_good)
end)

t.test("S176 S110 states, who has it, where, and when a human first wrote", function()
  local told = became {
    status = 200,
    json = {
      tickets = {
        { id = 1, status = "solved", group_id = 36001, assignee_id = 77, created_at = "2026-11-21T03:00:00Z", updated_at = "2026-11-21T03:15:01Z" },
        { id = 2, status = "hold" },
        { id = 3, status = "on_the_moon" },
        { id = 4, status = "deleted" },
        "rubbish",
      },
      metric_sets = { { ticket_id = 1, reply_time_in_minutes = { calendar = 4 } }, { ticket_id = 2, reply_time_in_minutes = {} }, 7 },
    },
  }
  t.same(told, {
    outcome = "done",
    tickets = {
      { id = "1", status = "resolved", native_status = "solved", group_id = "36001", assignee = "77", at_ms = 1795230901000, human_at_ms = 1795230240000 },
      { id = "2", status = "waiting", native_status = "hold", assignee = false },
      { id = "3", native_status = "on_the_moon", assignee = false },
      { id = "4", status = "closed", native_status = "deleted", assignee = false, gone = true },
    },
  })
  t.ok(became({ status = 404, json = { error = "RecordNotFound" } }).outcome == "refused")
  t.ok(became({ status = 200, json = {} }).outcome == "refused")
  t.ok(became({ status = 200, text = "<html>" }).outcome == "refused")
end)

t.test("S149 S176 an update moves the ticket, or opens it again", function()
  local function made(update)
    update.text_mark, update.key = "MARK", "01KEY"
    local r = zendesk.update_build(ticket { ticket_id = "5", update = update }, cfg, {})
    t.host.check_request(r)
    return r.json.ticket
  end
  t.ok(made({ group = "billing", group_id = 36001 }).group_id == 36001 and made({}).group_id == nil)
  t.ok(made({ group = "billing" }).group_id == nil, "a group without an id there: the note alone")
  t.ok(made({ reopen = true }).status == "open" and made({}).status == nil)
end)

t.test("S176 a ticket that was closed meanwhile: what was said goes into a follow-up", function()
  local one = ticket { ticket_id = "5", update = { text_mark = "MARK", key = "01KEY", public = false } }
  local closed = { status = 422, json = { error = "RecordInvalid", details = { status = { { description = "closed prevents ticket update" } } } } }
  local next_one = t.host.check_outcome(zendesk.update_result(closed, one, cfg, { id = "7" }))
  t.same(next_one, { outcome = "again", saved = { id = "7", follows = "7" } })
  local r = zendesk.update_build(one, cfg, next_one.saved)
  t.host.check_request(r)
  t.same({ r.method, r.path, r.headers["Idempotency-Key"] }, { "POST", "/api/v2/tickets", "01KEY" })
  t.ok(r.json.ticket.via_followup_source_id == 7 and r.json.ticket.comment.html_body:find("MARK", 1, true))
  t.has(zendesk.update_result({ status = 201, json = { ticket = { id = 8 } } }, one, cfg, next_one.saved), { outcome = "done", id = "8" })
  t.ok(zendesk.update_result(closed, one, cfg, next_one.saved).outcome == "refused", "once")
  closed.json.details = { group_id = {} }
  t.ok(zendesk.update_result(closed, one, cfg, {}).outcome == "refused", "for that reason only")
end)

-- What it asks, one request after the other, until it is through.
local function update_walk(one, answers, saved)
  local asked = {}
  for _, answer in ipairs(answers) do
    local r = zendesk.update_build(one, cfg, saved)
    t.host.check_request(r)
    asked[#asked + 1] = r
    local said = t.host.check_outcome(zendesk.update_result(answer, one, cfg, saved))
    if said.outcome ~= "again" then
      return asked, said
    end
    saved = said.saved
  end
  return asked, nil
end

t.test("P10 another language: a tag comes to those it has, then the comment", function()
  local one = ticket { ticket_id = "5", update = { text_mark = "MARK", key = "01KEY", public = false, tags = { "language:es" } } }
  local added = { status = 200, json = { tags = { "usher", "language:es" } } }
  local commented = { status = 200, json = { ticket = { id = 5 } } }
  local asked, last = update_walk(one, { added, commented }, { id = "7" })
  t.same(asked[1], { method = "PUT", path = "/api/v2/tickets/7/tags", headers = { Accept = "application/json" }, json = { tags = { "language:es" } } })
  t.same(asked[2].json, { ticket = { comment = { html_body = "MARK<p>(usher 01KEY)</p>", public = false } } })
  t.ok(last.outcome == "done" and last.id == "5")
  t.same(last.saved, { id = "5" }, "what is kept")
  for _, refused in ipairs { { status = 403 }, { status = 404 }, { status = 422, json = { error = "RecordInvalid" } } } do
    asked, last = update_walk(one, { refused, commented }, {})
    t.ok(#asked == 2 and last.outcome == "done", "the comment is worth more than the tag")
  end
  t.ok(zendesk.update_result({ status = 409 }, one, cfg, {}).outcome == "retry")
  t.ok(zendesk.update_result({ status = 200, text = "<html>" }, one, cfg, {}).outcome == "unknown")
  -- After a restart nobody knows which request it was: its answer says so.
  t.ok(zendesk.update_result(commented, one, cfg, {}).outcome == "done")
  local closed = { status = 422, json = { error = "RecordInvalid", details = { status = { { description = "closed" } } } } }
  asked, last = update_walk(one, { closed, closed, { status = 201, json = { ticket = { id = 8 } } } }, {})
  t.ok(asked[3].method == "POST" and last.outcome == "done" and last.id == "8", "a follow-up of one that was closed")
end)

t.test("property: 2,000 mutated tickets and answers never raise an error", function()
  local full = ticket {
    assignee = "x",
    append_to = "4711",
    link_to = "90017",
    ticket_id = "1",
    update = { text_mark = "M", key = "k", public = false, tags = { "language:es" } },
    attachments = { { name = "n", type = "text/plain", data = "d", raw = "r" } },
  }
  local answers = {
    { status = 201, json = { ticket = { id = 1, external_id = HID } } },
    { status = 200, json = { user = { id = 5 } } },
    { status = 200, json = { upload = { token = "t" } } },
    { status = 422, json = { error = "E", description = "d", details = { group = { { description = "x" } } } } },
    { status = 200, json = { tickets = { { id = 1, external_id = HID } } } },
    { status = 200, json = { comments = { { body = "b" } } } },
    { status = 200, json = { tickets = { { id = 1, status = "open", updated_at = "x" } }, metric_sets = { { ticket_id = 1 } } } },
    { status = 200, json = { tickets = { { id = 4711, status = "solved", tags = { "a" }, priority = "low" } } } },
    { status = 400, text = "text" },
  }
  for i = 1, 2000 do
    local answer = t.mutate(answers[i % #answers + 1])
    local saved = i % 3 == 0 and { drop = { "tags" } } or {}
    result(answer, full, saved)
    t.host.check_outcome(zendesk.find_result(answer, full, cfg, saved))
    t.host.check_outcome(zendesk.update_result(answer, full, cfg, saved))
    t.host.check_outcome(zendesk.update_find_result(answer, full, cfg, saved))
    t.host.check_outcome(zendesk.append_find_result(answer, full, cfg, saved))
    became(answer)
    local then_what = t.host.check_outcome(zendesk.result("append", answer, full, cfg, saved))
    t.host.check_request(zendesk.build("append", full, cfg, then_what.saved or saved))
    t.host.check_plain(zendesk.status(answer.json or {}, {}, cfg))
    local one = ticket { customer = t.mutate(full.customer), tags = t.mutate(full.tags), fields = t.mutate(full.fields) }
    build(one, saved)
  end
end)
