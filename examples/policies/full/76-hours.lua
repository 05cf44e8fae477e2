-- P9: out of hours, urgent things go to whoever is awake; the rest is a ticket
-- now and an answer when we open. The source tells in attributes how things
-- stand with the team: hours ("open", "closed"), available (people who are
-- there), awake ("emea", "amer", "apac"), opens_at (in the customer's own words
-- and zone).

local is_closed = attribute "hours" :is("closed")
local for_later = all { decided { action = "escalate" }, none { decided { priority = "urgent" } } }

local awake = { emea = "oncall_emea", amer = "oncall_amer", apac = "oncall_apac" }

modifier "closed: what is urgent goes to whoever is awake" {
  when   = all { is_closed, decided { action = "escalate", priority = "urgent" } },
  change = { group = function(c, d) return awake[c.attributes.awake] or d.group end, tags = { "on-call" } },
}

modifier "closed: a ticket now, an answer when we open" {
  when   = all { is_closed, for_later },
  change = { timing = "next_open", tags = { "out-of-hours" },
             message = "Your request {ticket} is with our team. We are closed now and answer from {attributes.opens_at} on." },
}

modifier "open, and nobody there: a ticket" {
  when   = all { attribute "hours" :is("open"), attribute "available" :at_most(0), for_later },
  change = { as = "ticket", tags = { "nobody-available" },
             message = "All colleagues are busy; your request {ticket} is with them, and I go on helping you here meanwhile." },
}
