-- P9: the team's hours, as the source tells them. What needs the calendars of a
-- configuration is tested in tests/policies/full, with full.conf.lua.
local function person(attributes)
  return conversation { customer "let me talk to a human", attributes = attributes }
end

cases "P9 business hours" {
  { "open, somebody there: as decided", person { hours = "open", available = 3 }, { action = "escalate", group = "general", group_from = "default" } },
  { "closed: a ticket now, an answer at opening", person { hours = "closed" }, { action = "escalate", timing = "next_open", tags = { "out-of-hours" } } },
  { "open, nobody there: a ticket, and the AI goes on", person { hours = "open", available = 0 },
    { as = "ticket", tags = { "nobody-available" }, message = "All colleagues are busy; your request {ticket.id} is with them, and I go on helping you here meanwhile." } },
  { "nothing known of hours: as decided", person(), { action = "escalate", group = "general" } },
  { "a direct request too", person { hours = "closed" }, { reason = "customer_request", timing = "next_open" } },
}
