-- P9: the team's hours, as the source tells them.
local function person(attributes, more)
  local t = more or {}
  t[1], t.attributes = customer "let me talk to a human", attributes
  return conversation(t)
end

cases "P9 business hours" {
  { "open, somebody there: as decided", person { hours = "open", available = 3 }, { timing = "immediate", tags = { "reason:customer_request" } } },
  { "closed: a ticket now, an answer at opening", person { hours = "closed", opens_at = "9:00 tomorrow" },
    { action = "escalate", timing = "next_open", tags = { "out-of-hours" }, message = "Your request {ticket} is with our team. We are closed now and answer from 9:00 tomorrow on." } },
  { "the opening is told in the customer's zone", person { hours = "closed", opens_at = "17:00 (Tokyo)" },
    { message = "Your request {ticket} is with our team. We are closed now and answer from 17:00 (Tokyo) on." } },
  { "open, nobody there: a ticket, and the AI goes on", person { hours = "open", available = 0 }, { as = "ticket", timing = "immediate", tags = { "nobody-available" } } },
  { "urgent while closed: whoever is awake", conversation { customer "Refund!", intent = "refund", attributes = { hours = "closed", awake = "apac" },
    fields = { order_value_minor = 500000, order_number = "AB123456", payment_date = "2026-11-03" } }, { group = "oncall_apac", timing = "immediate", tags = { "on-call" } } },
  { "urgent while closed, nobody known to be awake", conversation { customer "Refund!", intent = "refund", attributes = { hours = "closed" },
    fields = { order_value_minor = 500000, order_number = "AB123456", payment_date = "2026-11-03" } }, { group = "billing_senior" } },
  { "urgent while open", conversation { customer "Refund!", intent = "refund", attributes = { hours = "open", awake = "apac" },
    fields = { order_value_minor = 500000, order_number = "AB123456", payment_date = "2026-11-03" } }, { group = "billing_senior" } },
  { "nothing known of hours: as decided", person(), { timing = "immediate" } },
}
