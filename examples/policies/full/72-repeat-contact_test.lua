-- P15: the same customer, the same matter. Now is 12:00 on 20 November.
local function back(more, changes)
  local t = { customer "human please", intent = "delivery", customer_id = "c-7",
    attributes = { last_ticket_id = "4711", last_ticket_intent = "delivery", last_ticket_state = "resolved" } }
  for key, value in pairs(more or {}) do t.attributes[key] = value or nil end
  for key, value in pairs(changes or {}) do t[key] = value end
  return conversation(t)
end
local function repeat_test(name)
  return function(t)
    t.now = "2026-11-20T12:00:00Z"
    test("P15 " .. name)(t)
  end
end

repeat_test "resolved 71 hours ago: goes on in its ticket" {
  given = back { last_ticket_resolved_at = "2026-11-17T13:00:00Z" },
  expect = { action = "escalate", append_to = "4711", tags = { "repeat_contact" }, priority = "normal" },
}
repeat_test "resolved 73 hours ago: a new one with a link" {
  given = back { last_ticket_resolved_at = "2026-11-17T11:00:00Z" },
  expect = { action = "escalate", append_to = absent, link_to = "4711", tags = { "repeat_contact" } },
}
repeat_test "still open: goes on in its ticket" {
  given = back { last_ticket_state = "open" },
  expect = { append_to = "4711", link_to = absent },
}
repeat_test "another matter an hour later: a new one" {
  given = back({ last_ticket_resolved_at = "2026-11-20T11:00:00Z" }, { intent = "sizes" }),
  expect = { action = "escalate", append_to = absent, link_to = absent, tags = { "sizes" }, because = "asks_for_human" },
}
repeat_test "anonymous, e-mail not verified: a new one" {
  given = back({ last_ticket_state = "open" }, { customer_id = false, customer = { email = "mara@example.com" } }),
  expect = { action = "escalate", append_to = absent, link_to = absent, priority = "normal" },
}
repeat_test "anonymous, e-mail verified: goes on in its ticket" {
  given = back({ last_ticket_state = "open" }, { customer_id = false, customer = { email = "mara@example.com", email_verified = true } }),
  expect = { append_to = "4711" },
}
repeat_test "first return: priority as it is" {
  given = back { last_ticket_state = "open", last_ticket_returns = 1 },
  expect = { append_to = "4711", priority = "normal" },
}
repeat_test "second return after the first contact, the third time: high" {
  given = back { last_ticket_state = "open", last_ticket_returns = 2 },
  expect = { append_to = "4711", priority = "high", priority_from = "modifier" },
}
repeat_test "second return with another matter: priority as it is" {
  given = back({ last_ticket_state = "open", last_ticket_returns = 2 }, { intent = "sizes" }),
  expect = { append_to = absent, priority = "normal" },
}
repeat_test "second return, 73 hours after: priority as it is" {
  given = back { last_ticket_resolved_at = "2026-11-17T11:00:00Z", last_ticket_returns = 2 },
  expect = { link_to = "4711", priority = "normal" },
}
repeat_test "the number of the ticket is not known: a new one" {
  given = back { last_ticket_id = false, last_ticket_state = "open" },
  expect = { action = "escalate", append_to = absent, tags = lacks "repeat_contact" },
}
repeat_test "nobody takes over: the ticket is left alone" {
  given = back({ last_ticket_state = "open" }, { customer "where is it" }),
  expect = { action = "wait", append_to = absent },
}
repeat_test "the group stays" {
  given = back({ last_ticket_state = "open", last_ticket_intent = "refund" }, { intent = "refund" }),
  expect = { append_to = "4711", group = "billing" },
}
