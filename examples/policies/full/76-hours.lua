-- P9: out of hours, urgent things go to whoever is awake; the rest is a ticket
-- now and an answer when we open. The hours stand in the configuration
-- (calendar "support" and those of the shifts); a source that knows better says
-- so in attributes: hours ("open", "closed") and available (people there).

local is_closed = require "00-team".closed
local for_later = all { decided { action = "escalate" }, none { decided { priority = "urgent" } } }

-- Where two shifts overlap, the one further down takes it: it has just begun.
for _, shift in ipairs { "apac", "emea", "amer" } do
  modifier("closed: what is urgent goes to " .. shift) {
    when   = all { is_closed, open(shift), decided { action = "escalate", priority = "urgent" } },
    change = { group = "oncall_" .. shift, tags = { "on-call" } },
  }
end

modifier "closed: a ticket now, an answer when we open" {
  when   = all { is_closed, for_later },
  change = { timing = "next_open", tags = { "out-of-hours" } },
}

modifier "open, and nobody there: a ticket" {
  when   = all { none { is_closed }, attribute "available" :at_most(0), for_later },
  change = { as = "ticket", tags = { "nobody-available" },
             message = "All colleagues are busy; your request {ticket.id} is with them, and I go on helping you here meanwhile." },
}
