-- P15: the same customer with the same thing, while their ticket is open or for
-- three days after: it goes on there. The source tells of the last ticket in
-- attributes: last_ticket_id, last_ticket_intent, last_ticket_state,
-- last_ticket_resolved_at, last_ticket_returns (how often they came back). Where
-- the source tells none, the engine does, of the tickets that it made.

-- Who is only known by an e-mail address must have proved that it is theirs.
local is_known = function(c)
  local who = c.customer or {}
  return who.external_id ~= nil or who.email ~= nil and who.email_verified == true
end
local same_matter = function(c)
  return c.intent ~= nil and c.intent.name == (c.attributes or {}).last_ticket_intent
end

local comes_back = all {
  decided { action = "escalate" },
  attribute "last_ticket_id" :present(),
  is_known,
  same_matter,
}
local still_warm = any {
  attribute "last_ticket_state" :is "open",
  attribute "last_ticket_resolved_at" :within("72h"),
}

local steps = { low = "normal", normal = "high", high = "urgent", urgent = "urgent" }

modifier "the same matter goes on in its ticket" {
  when   = all { comes_back, still_warm },
  change = { append_to = "{attributes.last_ticket_id}", tags = { "repeat_contact" } },
}

modifier "the second return is more urgent" {
  when   = all { comes_back, still_warm, attribute "last_ticket_returns" :at_least(2) },
  change = { priority = function(_, d) return steps[d.priority] end },
}

modifier "the same matter, long after" {
  when   = all { comes_back, none { still_warm } },
  change = { link_to = "{attributes.last_ticket_id}", tags = { "repeat_contact" } },
}
