-- sec S14: a subject cannot become a header.
local t = ...
local mail = t.adapter "adapters/notifiers/mail.lua"

t.test("a mail: to, subject, text", function()
  t.same(mail.send({
    key = "d1",
    handoff_id = "h1",
    subject = "Refund\r\nBcc: evil@x.test",
    priority = "high",
    reason = "refund",
    group = "billing",
    next_step = "Approve",
    ticket_id = "7",
    ticket_url = "https://desk.test/7",
    brief = "line 1\nline 2",
  }, { to = "team@shop.test" }), {
    to = "team@shop.test",
    subject = "[usher] HIGH Refund Bcc: evil@x.test",
    text = "Ticket:    7\nLink:      https://desk.test/7\nPriority:  high\nGroup:     billing\nWhy:       refund\n"
      .. "Next step: Approve\nReference: h1\n\nline 1\nline 2\n",
  })
end)

t.test("little known, little said", function()
  t.same(mail.send({ handoff_id = "h1" }, { to = "a@b.test\r\nX: y", subject = "Desk:" }), {
    to = "a@b.test X: y",
    subject = "Desk: Conversation handed over",
    text = "Reference: h1\n",
  })
end)

t.test("what is no hand-over", function()
  t.same(mail.send({
    key = "d2",
    type = "usher.policy.rolled_back",
    subject = "Changed rules were taken back",
    priority = "high",
    reason = "policy_rolled_back",
    brief = "The canary hands over more.",
  }, { to = "a@b.test" }), {
    to = "a@b.test",
    subject = "[usher] HIGH Changed rules were taken back",
    text = "Priority:  high\nWhy:       policy_rolled_back\n\nThe canary hands over more.\n",
  })
  t.ok(mail.send({ type = "usher.some.thing" }, { to = "a@b.test" }).subject == "[usher] usher.some.thing")
end)
