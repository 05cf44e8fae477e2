-- Modifiers change what the rules above decided: group, priority, timing, the
-- ticket it goes to; never what is final. They run in this order, each sees
-- what those before it made of it.
--
-- P14: whatever it is about, a ticket in a known incident is linked to it.

modifier "linked to the known incident" {
  when   = all { decided { action = "escalate" }, incident() },
  change = {
    link_to = "{incident.ticket}",
    tags    = function(c) return { "incident:" .. c.incident.id } end,
  },
}
