-- Rows: S18 S19 S27 S28 S56 S73 S74; sec S14.
local t = ...
local rt = t.adapter "adapters/helpdesks/request-tracker.lua"
local cfg = {
  url = "https://desk.test/rt/",
  queue = "Support",
  fields = { order_number = "Order", ["customer.external_id"] = "Customer" },
}
local HID = "abcdefghijklmnopqrstuvwxyz"

local function ticket(more)
  local one = {
    handoff_id = HID,
    conversation_id = "web:c-1",
    subject = "Refund for order 4711",
    priority = "high",
    tags = { "usher", "ai-handoff", "reason:refund" },
    fields = { order_number = 9007199254740993 },
    customer = { external_id = "cust-1", name = "Jo Doe", email = "jo.doe@example.test" },
    text = "TEXT",
    text_length = 10,
    text_format = "text",
  }
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  return one
end

local function build(step, one, saved, c)
  local r = rt.build(step, one or ticket(), c or cfg, saved or {})
  t.host.check_request(r)
  return r
end

local function result(step, response, saved)
  return t.host.check_outcome(rt.result(step, response, ticket(), cfg, saved or {}))
end

t.test("S97 skills are the values of the field that is named for them", function()
  local c = { url = cfg.url, queue = "Support", fields = { skills = "Skills" } }
  local r = build("create", ticket { skills = { "spanish", "refunds" } }, nil, c)
  t.same(r.json.CustomFields.Skills, { "spanish", "refunds" })
  t.ok(build("create", ticket(), nil, c).json.CustomFields.Skills == nil)
end)

t.test("declares the look-up and its lag, a small window, two ways to sign in", function()
  t.has(t.host.check_plain(rt.describe()), {
    unique = "search",
    lag_s = 60,
    window_max = 4,
    has_find = true,
    auth = {
      scheme = "header",
      header = "Authorization",
      value = "token {token}",
      otherwise = { scheme = "basic", user = "{user}", password = "{password}" },
    },
    steps = { { name = "create" }, { name = "check", after = "create" } },
    carries = { format = "text", subject_max = 200, attachments = true },
  })
end)

t.test("the ticket", function()
  local one = ticket { attachments = { { name = "transcript.txt", type = "text/plain", data = "B64" } } }
  t.same(build("create", one), {
    method = "POST",
    path = "/REST/2.0/ticket",
    headers = { Accept = "application/json" },
    json = {
      Queue = "Support",
      Subject = "Refund for order 4711",
      Content = "TEXT",
      ContentType = "text/plain",
      Requestor = "Jo Doe <jo.doe@example.test>",
      Priority = 80,
      CustomFields = {
        usher_id = HID,
        usher_tags = { "usher", "ai-handoff", "reason:refund" },
        Order = "9007199254740993",
        Customer = "cust-1",
      },
      Attachments = { { FileName = "transcript.txt", FileType = "text/plain", FileContent = "B64" } },
    },
  })
end)

t.test("queue by group, names of the fields and priorities by configuration", function()
  local c = { url = "x", id_field = "Handoff", tags_field = "Tags", priorities = { high = 70 } }
  local made = build("create", ticket { group_id = 7 }, {}, c).json
  t.has(made, { Queue = "7", Priority = 70, CustomFields = { Handoff = HID, Tags = { "usher" } } })
  t.ok(build("create", ticket(), {}, c).json.Queue == "General")
end)

t.test("S74 without a usable identity there is no requestor", function()
  for _, customer in ipairs {
    {},
    { name = "Jo" },
    { email = "not an email" },
    { email = "x@y" },
    { name = "Jo", email = "a b@c.test" },
  } do
    t.ok(build("create", ticket { customer = customer }).json.Requestor == nil)
  end
  t.ok(build("create", ticket(), {}, { url = "x", requestor = false }).json.Requestor == nil)
  local bare = build("create", { handoff_id = HID, text = "T" }).json
  t.same(bare, {
    Queue = "Support",
    Subject = "Conversation",
    Content = "T",
    ContentType = "text/plain",
    Priority = 50,
    CustomFields = { usher_id = HID },
  })
end)

t.test("sec S14 a name cannot become a second address", function()
  local function requestor(name)
    return build("create", ticket { customer = { name = name, email = "jo@example.test" } }).json.Requestor
  end
  t.ok(requestor 'Jo" <evil@x.test>, "B' == "Jo evil x.test B <jo@example.test>")
  t.ok(requestor "Jo\r\nBcc: evil@x.test" == "Jo Bcc evil x.test <jo@example.test>")
  t.ok(requestor "<>" == "jo@example.test")
  t.ok(requestor "J\u{f6}rg \u{5c71}\u{7530}" == "J\u{f6}rg \u{5c71}\u{7530} <jo@example.test>")
end)

t.test("a subject is at most 200 bytes, at a character, on one line", function()
  local s = build("create", ticket { subject = ("\u{e9}"):rep(300) }).json.Subject
  t.ok(#s == 200 and utf8.len(s) == 100)
  s = build("create", ticket { subject = "x" .. ("\u{1f600}"):rep(60) }).json.Subject
  t.ok(#s == 197 and utf8.len(s))
  t.ok(build("create", ticket { subject = "a\nb\r\n\u{2028}c" }).json.Subject == "a b c")
end)

t.test("each answer to a create has its outcome", function()
  t.same(result("create", { status = 201, json = { type = "ticket", id = "1" } }), {
    outcome = "done",
    id = "1",
    display_id = "1",
    url = "https://desk.test/rt/Ticket/Display.html?id=1",
    saved = { id = "1" },
  })
  t.ok(result("create", { status = 201, json = { id = 9007199254740993 } }).id == "9007199254740993")
  for _, case in ipairs {
    { { status = 201, text = "<html>" }, "unknown" },
    { { status = 201, json = { id = "1; x" } }, "unknown" },
    { { status = 400, json = { message = "JSON parse error" } }, "refused" },
    { { status = 404, json = { message = "Not Found" } }, "refused" },
    { { status = 415 }, "refused" },
    { { status = 409 }, "retry" },
  } do
    t.ok(result("create", case[1]).outcome == case[2])
  end
end)

-- --- reading back -------------------------------------------------------------------

local function items(...)
  local list = {}
  for i, id in ipairs { ... } do
    list[i] = { id = id, type = "ticket" }
  end
  return { status = 200, json = { items = list, total = #list } }
end

t.test("after each create the field is looked up", function()
  local r = build("check", nil, { id = "5" })
  t.has(r, {
    method = "GET",
    path = "/REST/2.0/tickets",
    query = { query = "CF.{usher_id} = '" .. HID .. "'" },
  })
  t.has(result("check", items "5", { id = "5" }), { outcome = "done", id = "5", saved = { id = "5" } })
end)

t.test("the loser of a race is closed and the holder kept", function()
  local r = result("check", items "4", { id = "5" })
  t.same(r, { outcome = "again", saved = { id = "4", duplicate = "5" } })
  local close = build("check", nil, r.saved)
  t.has(close, { method = "POST", path = "/REST/2.0/ticket/5/comment", json = { Status = "rejected" } })
  t.ok(close.json.Content:find("ticket 4", 1, true))
  t.has(result("check", { status = 201, json = { "Comments added" } }, r.saved), { outcome = "done", id = "4" })
  t.has(result("check", { status = 404, json = {} }, r.saved), { outcome = "done", id = "4" })
end)

t.test("a field that was dropped silently is set once more", function()
  local r = result("check", items(), { id = "5" })
  t.same(r, { outcome = "again", saved = { id = "5", unmarked = true } })
  t.same(build("check", nil, r.saved).json, { CustomFields = { usher_id = HID } })
  t.has(result("check", { status = 200, json = { "usher_id set" } }, r.saved), { outcome = "done", id = "5" })
end)

t.test("a check that lost what create saved finds it again", function()
  t.has(result("check", items "8"), { outcome = "done", id = "8" })
  t.ok(result("check", items()).outcome == "unknown")
  t.ok(result("check", { status = 200, text = "x" }, { id = "5" }).outcome == "unknown")
end)

t.test("the look-up quotes, and several are told oldest first", function()
  local r = rt.find_build(ticket { handoff_id = "a'b\\c" }, { url = "x", id_field = "we}ird" }, {})
  t.ok(r.query.query == "CF.{weird} = 'a\\'b\\\\c'", r.query.query)
  local function look(response)
    return t.host.check_outcome(rt.find_result(response, ticket(), cfg, {}))
  end
  t.has(look(items("12", 9)), { outcome = "found", ids = { "9", "12" }, id = "9" })
  t.ok(look(items()).outcome == "missing")
  t.ok(look({ status = 400, json = { message = "bad TicketSQL at x.pm line 3" } }).outcome == "unknown")
end)

-- --- append ---------------------------------------------------------------------------

t.test("an appended message is a comment with its mark as subject", function()
  local one = ticket { ticket_id = "5", update = { text_mark = "MARK", public = false, key = "01KEY" } }
  t.same(rt.update_build(one, cfg, {}), {
    method = "POST",
    path = "/REST/2.0/ticket/5/comment",
    headers = { Accept = "application/json" },
    json = { Subject = "usher 01KEY", Content = "MARK", ContentType = "text/plain" },
  })
  t.has(rt.update_result({ status = 201, json = { "Comments added" } }, one, cfg, {}), { outcome = "done", id = "5" })
  t.ok(rt.update_result({ status = 404, json = {} }, one, cfg, {}).outcome == "refused")
  local f = rt.update_find_build(one, cfg, { id = "7" })
  t.has(f, { path = "/REST/2.0/ticket/7/attachments", query = { fields = "Subject", order = "DESC" } })
  local function look(subject)
    local response = { status = 200, json = { items = { { id = "1" }, { id = "2", Subject = subject } } } }
    return t.host.check_outcome(rt.update_find_result(response, one, cfg, {})).outcome
  end
  t.ok(look "usher 01KEY" == "found" and look "usher 01KEY2" == "missing")
  one.update.public = true
  t.ok(rt.update_build(one, cfg, {}).json.Subject == nil and look "x" == "unknown")
end)

t.test("P10 another language: RT would replace all values of its field, so the text says it", function()
  local said = { text_mark = "MARK", public = false, key = "01KEY" }
  local plain = rt.update_build(ticket { ticket_id = "5", update = said }, cfg, {})
  said.tags = { "language:es" }
  t.same(rt.update_build(ticket { ticket_id = "5", update = said }, cfg, {}), plain)
end)

-- What RT answers, one after the other, and the requests it gets.
local function play(one, answers, c)
  local saved, asked, last = {}, {}, nil
  for i, answer in ipairs(answers) do
    asked[i] = build("append", one, saved, c)
    last = t.host.check_outcome(rt.result("append", answer, one, c or cfg, saved))
    saved = last.saved or {}
  end
  return asked, last
end
local function shown(status, priority)
  return { status = 200, json = { id = 5, type = "ticket", Status = status, Priority = priority or 50 } }
end
local sentences = { status = 200, json = { "Ticket 5: Status changed" } }
local commented = { status = 201, json = { "Comments added" } }
local back = ticket { append_to = "5" }

t.test("P15 a resolved ticket is opened again, and that is looked at; then the comment", function()
  local asked, last = play(back, { shown "resolved", sentences, shown("open", 80), commented })
  t.has(asked[1], { method = "GET", path = "/REST/2.0/ticket/5" })
  t.same(asked[2].json, { Status = "open", Priority = 80 })
  t.ok(asked[2].method == "PUT" and asked[3].method == "GET")
  t.same(asked[4], {
    method = "POST",
    path = "/REST/2.0/ticket/5/comment",
    headers = { Accept = "application/json" },
    json = { Subject = "usher " .. HID, Content = "TEXT", ContentType = "text/plain" },
  })
  t.has(last, { outcome = "done", id = "5", display_id = "5", url = "https://desk.test/rt/Ticket/Display.html?id=5" })
end)

t.test("P15 an open ticket: the comment alone; its priority only rises", function()
  local asked, last = play(back, { shown("open", 80), commented })
  t.ok(asked[2].path == "/REST/2.0/ticket/5/comment" and last.outcome == "done")
  asked = play(back, { shown("stalled", 0), sentences })
  t.same(asked[2].json, { Priority = 80 })
end)

t.test("P15 one that stays closed, or is rejected: a new ticket that refers to it, checked like any", function()
  local new = { status = 201, json = { type = "ticket", id = "9", _url = "u" } }
  local asked, last = play(back, { shown "resolved", sentences, shown "resolved", new, items "9" })
  t.ok(asked[4].path == "/REST/2.0/ticket" and asked[4].json.RefersTo == "5")
  t.ok(asked[4].json.CustomFields.usher_id == HID)
  t.has(last, { outcome = "done", id = "9" })
  asked = play(back, { shown "rejected", new })
  t.ok(asked[2].json.RefersTo == "5")
  asked = play(back, { shown("open", 80), { status = 400, json = { message = "no" } }, new })
  t.ok(asked[3].json.RefersTo == "5", "a refused comment")
end)

t.test("P15 a ticket that is gone: a new one", function()
  local asked = play(back, { { status = 404, json = {} }, { status = 201, json = { type = "ticket", id = "9", _url = "u" } } })
  t.ok(asked[2].path == "/REST/2.0/ticket" and asked[2].json.RefersTo == nil)
end)

t.test("P15 after a restart nothing is known but the answer", function()
  local function read(answer)
    return t.host.check_outcome(rt.result("append", answer, back, cfg, {}))
  end
  t.has(read(commented), { outcome = "done", id = "5" })
  t.has(read(sentences), { outcome = "again", saved = { tried = true } })
  t.has(read { status = 201, json = { type = "ticket", id = "9", _url = "u" } }, { outcome = "again", saved = { id = "9" } })
  t.has(read(items "9"), { outcome = "done", id = "9" })
  local f = rt.append_find_build(back, cfg, {})
  t.has(f, { path = "/REST/2.0/ticket/5/attachments", query = { fields = "Subject" } })
  local function look(response)
    return t.host.check_outcome(rt.append_find_result(response, back, cfg, {})).outcome
  end
  t.ok(look { status = 200, json = { items = { { Subject = "usher " .. HID } } } } == "found")
  t.ok(look { status = 200, json = { items = {} } } == "missing" and look { status = 404 } == "missing")
end)

t.test("P14 a ticket that belongs with another refers to it, or is its child", function()
  t.ok(build("create", ticket { link_to = "90017" }).json.RefersTo == "90017")
  local made = build("create", ticket { link_to = "90017" }, {}, { url = "x", link = "MemberOf" }).json
  t.ok(made.MemberOf == "90017" and made.RefersTo == nil)
  t.ok(build("create", ticket { link_to = "pay-0412" }).json.RefersTo == nil)
  t.same(build("append", ticket { append_to = "5", link_to = "8" }, { make = true, follows = "5" }).json.RefersTo, { "5", "8" })
end)

t.test("status posts of the scrip", function()
  local event = {
    event = "status",
    transaction = 91,
    ticket = 5,
    status = "stalled",
    usher_id = HID,
    creator = "root",
    created = "2026-11-21T03:15:01Z",
  }
  t.same(t.host.check_plain(rt.status(event, {}, cfg)), {
    id = "5",
    handoff_id = HID,
    status = "waiting",
    native_status = "stalled",
    at_ms = 1795230901000,
    event_id = "91",
    actor = "root",
  })
  t.ok(rt.status({ ticket = 5, status = "odd" }, {}, cfg) == nil)
  t.ok(rt.status({ ticket = "x", status = "new" }, {}, cfg) == nil)
end)

local function became(response)
  return t.host.check_outcome(rt.follow_result(response, { "1" }, cfg))
end

t.test("S176 what became of tickets: one search for many", function()
  local r = rt.follow_build({ "5", "x' OR id > 0", "8" }, cfg)
  t.host.check_request(r)
  t.same({ r.path, r.query.query }, { "/REST/2.0/tickets", "id = 5 OR id = 8" })
  t.ok(rt.follow_build({ "x" }, cfg).query.query == "id = 0")
end)

t.test("S176 states, owner, queue, and when they last wrote to the requestor", function()
  local told = became {
    status = 200,
    json = {
      items = {
        { id = "5", Status = "open", Owner = { id = "lena" }, Queue = { id = "3", Name = "Billing" }, LastUpdated = "2026-11-21T03:15:01Z", Told = "2026-11-21T03:10:01Z" },
        { id = 8, Status = "new", Owner = { id = "Nobody" }, Queue = { id = "1" }, Told = "1970-01-01T00:00:00Z" },
        { id = "9", Status = "odd" },
        3,
      },
    },
  }
  t.same(told, {
    outcome = "done",
    tickets = {
      { id = "5", status = "in_progress", native_status = "open", group_id = "3", group_name = "Billing", assignee = "lena", at_ms = 1795230901000, human_at_ms = 1795230601000 },
      { id = "8", status = "open", native_status = "new", group_id = "1", assignee = false },
      { id = "9", native_status = "odd", assignee = false },
    },
  })
  t.ok(became({ status = 400, text = "bad TicketSQL" }).outcome == "refused")
  t.ok(became({ status = 200, json = { message = "?" } }).outcome == "refused")
end)

t.test("S149 first to its new queue, then the note why", function()
  local one = ticket { ticket_id = "5", update = { text_mark = "MARK", key = "01KEY", group = "billing", group_id = "Billing" } }
  local r = rt.update_build(one, cfg, {})
  t.same({ r.method, r.path, r.json }, { "PUT", "/REST/2.0/ticket/5", { Queue = "Billing" } })
  local next_one = rt.update_result(sentences, one, cfg, {})
  t.same(next_one, { outcome = "again", saved = { id = "5", moved = true } })
  r = rt.update_build(one, cfg, next_one.saved)
  t.same({ r.path, r.json.Subject, r.json.Content }, { "/REST/2.0/ticket/5/comment", "usher 01KEY", "MARK" })
  t.ok(rt.update_result({ status = 201, json = { "Comments added" } }, one, cfg, next_one.saved).outcome == "done")
  t.ok(rt.update_result({ status = 201, json = { "Comments added" } }, one, cfg, {}).outcome == "done", "after a restart")
  t.ok(rt.update_result({ status = 404, json = {} }, one, cfg, {}).outcome == "refused")
end)

t.test("S176 what the customer writes opens it again", function()
  local one = ticket { ticket_id = "5", update = { text_mark = "MARK", key = "01KEY", reopen = true } }
  t.ok(rt.update_build(one, cfg, {}).json.Status == "open")
  t.ok(rt.update_build(one, { url = "x", open_status = "in work" }, {}).json.Status == "in work")
end)

t.test("property: 2,000 mutated tickets and answers never raise an error", function()
  local full = ticket { ticket_id = "1", append_to = "5", link_to = "8", update = { text_mark = "M", key = "k", public = false } }
  local answers = {
    { status = 201, json = { id = "1", type = "ticket" } },
    items("1", "2"),
    shown("resolved", 20),
    sentences,
    { status = 200, json = { items = { { id = 1, Subject = "s" } } } },
    { status = 400, json = { message = "m" } },
    { status = 400, text = "t" },
  }
  local saves = { {}, { id = "1" }, { id = "2", duplicate = "1" }, { id = "1", unmarked = true } }
  for i = 1, 2000 do
    local answer, saved = t.mutate(answers[i % #answers + 1]), saves[i % #saves + 1]
    result("create", answer, saved)
    result("check", answer, saved)
    build("check", nil, saved)
    t.host.check_outcome(rt.find_result(answer, full, cfg, saved))
    t.host.check_outcome(rt.update_result(answer, full, cfg, saved))
    t.host.check_outcome(rt.update_find_result(answer, full, cfg, saved))
    t.host.check_outcome(rt.append_find_result(answer, full, cfg, saved))
    became(answer)
    local then_what = t.host.check_outcome(rt.result("append", answer, full, cfg, saved))
    build("append", full, then_what.saved or saved)
    t.host.check_plain(rt.status(answer.json or {}, {}, cfg))
    build("create", ticket { customer = t.mutate(full.customer), tags = t.mutate(full.tags), subject = full.subject })
  end
end)
