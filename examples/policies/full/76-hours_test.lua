-- P9: the team's hours, as the source tells them. What needs the calendars of a
-- configuration is tested in tests/policies/full, with full.conf.lua.
local function person(attributes)
  return conversation { customer "let me talk to a human", attributes = attributes }
end
local function urgent(attributes)
  return conversation { customer "I want my money back", intent = "refund", attributes = attributes,
    fields = { order_value_minor = 500000, order_number = "AB123456", payment_date = "2026-11-03" } }
end

cases "P9 business hours" {
  { "open, somebody there: as decided", person { hours = "open", available = 3 }, { action = "escalate", group = "general", group_from = "default", as = absent, tags = lacks "nobody-available" } },
  { "open, one there: as decided", person { hours = "open", available = 1 }, { as = absent, tags = lacks "nobody-available" } },
  { "closed: a ticket now, an answer at opening", person { hours = "closed" }, { action = "escalate", timing = "next_open", tags = { "out-of-hours" } } },
  { "open, nobody there: a ticket, and the AI goes on", person { hours = "open", available = 0 },
    { as = "ticket", tags = { "nobody-available" }, message = "All colleagues are busy; your request {ticket.id} is with them, and I go on helping you here meanwhile." } },
  { "closed, nobody there: an answer at opening", person { hours = "closed", available = 0 }, { timing = "next_open", as = absent, tags = lacks "nobody-available" } },
  { "open, nobody there, urgent: as decided", urgent { hours = "open", available = 0 }, { group = "billing_senior", as = absent, tags = lacks "nobody-available" } },
  { "open, nobody there, and the AI goes on: nothing changes", conversation { customer "where is it", attributes = { hours = "open", available = 0 } }, { action = "wait", as = absent } },
  { "nothing known of hours: as decided", person(), { action = "escalate", group = "general" } },
  { "a direct request too", person { hours = "closed" }, { reason = "customer_request", timing = "next_open" } },
}
