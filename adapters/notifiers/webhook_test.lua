local t = ...
local webhook = t.adapter "adapters/notifiers/webhook.lua"
local cfg = { url = "https://hooks.test/x" }
local notice = {
  key = "d1",
  handoff_id = "h1",
  conversation_id = "web:c-1",
  subject = "Refund <!channel>",
  reason = "refund",
  priority = "urgent",
  group = "billing",
  next_step = "Approve & answer",
  brief = "Why: refund\n<https://evil.test|click>",
  ticket_id = "7",
  ticket_url = "https://desk.test/7",
  customer = { name = "Jo", email = "jo@example.test", tier = "vip" },
}

t.test("a signed event with the facts a program needs", function()
  local r = webhook.send(notice, cfg)
  t.host.check_request(r)
  t.has(r, { method = "POST", url = "https://hooks.test/x", json = { type = "usher.handoff.created" } })
  t.same(r.json.data.ticket, { id = "7", url = "https://desk.test/7" })
  t.ok(r.json.data.customer.email == nil, "an address is not for every channel")
  t.has(webhook.describe(), { kind = "notifier", auth = { scheme = "standard_webhooks" } })
end)

t.test("as chat text nothing can link or ping", function()
  local r = webhook.send(notice, { url = cfg.url, format = "slack" })
  t.host.check_request(r)
  local s = r.json.text
  t.ok(s:find("*URGENT Handed over*: Refund &lt;!channel&gt;", 1, true), s)
  t.ok(s:find("Ticket: 7 https://desk.test/7", 1, true))
  t.ok(not s:find("<", 1, true))
end)

t.test("what is not known is left out", function()
  local r = webhook.send({ key = "d", handoff_id = "h1", priority = "normal" }, { url = cfg.url, format = "slack" })
  t.ok(r.json.text == "Ticket: h1", r.json.text)
  t.host.check_request(webhook.send({ key = "d" }, cfg))
end)

t.test("S149 a ticket that nobody took is no hand-over", function()
  local notice = { key = "d", type = "usher.ticket.unassigned", subject = "Nobody has taken ticket 7.", reason = "unassigned", ticket_id = "7" }
  local r = webhook.send(notice, cfg)
  t.host.check_request(r)
  t.ok(r.json.type == "usher.ticket.unassigned" and r.json.data.ticket.id == "7")
  r = webhook.send(notice, { url = cfg.url, format = "slack" })
  t.ok(r.json.text:find("*Not taken*: Nobody has taken ticket 7.", 1, true), r.json.text)
end)

t.test("what is no hand-over is an event of its own type, with its details", function()
  local told = {
    key = "d2",
    type = "usher.budget.spent",
    subject = "Held back",
    reason = "ai_unresolved",
    group = "support",
    priority = "high",
    brief = "Its tokens are used up.",
    details = { budget = "support hours", held_back = 5, subject = "not this one" },
  }
  local r = webhook.send(told, cfg)
  t.host.check_request(r)
  t.same(r.json, {
    type = "usher.budget.spent",
    data = {
      budget = "support hours",
      held_back = 5,
      subject = "Held back",
      reason = "ai_unresolved",
      group = "support",
      priority = "high",
      brief = "Its tokens are used up.",
      idempotency_key = "d2",
    },
  })
  local s = webhook.send(told, { url = cfg.url, format = "slack" }).json.text
  t.ok(s:find("*Notice*: Held back\nWhy: ai_unresolved\nGroup: support\nIts tokens", 1, true), s)
end)

t.test("its text can neither link nor ping, and names its ticket", function()
  local s = webhook.send({
    key = "d3",
    type = "usher.ticket.late",
    subject = "<!here>",
    priority = "urgent",
    ticket_id = "7",
    ticket_url = "https://desk.test/7",
  }, { url = cfg.url, format = "slack" }).json.text
  t.ok(s:find("*URGENT Notice*: &lt;!here&gt;\nTicket: 7 https://desk.test/7", 1, true), s)
end)
