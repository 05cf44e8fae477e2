-- P14: what is broken for many is worked on once. A customer whose problem is
-- on the list is counted with its ticket and hears so, with the status page, and
-- nobody gets new work; who
-- wants a person all the same gets one (P1 stands before), and the ticket is
-- linked to the incident by the modifier in 70-incidents.lua. VIPs are called.

incidents "incidents.txt"

local function tagged(c) return { "incident:" .. c.incident.id } end

rule "a vip in a known incident" {
  owner       = "incident-desk",
  description = "They are called, however well we know the problem.",
  when        = all { tier "vip", incident() },
  escalate    = {
    reason = "incident", priority = "high", need = "callback", link_to = "{incident.ticket}", tags = tagged,
    next_step = "Call; the problem is {incident.id}: {incident.title}.",
  },
}

rule "a known incident" {
  owner       = "incident-desk",
  description = "Two of intent, words, region and version fit an incident of incidents.txt. Counted with its ticket, and told, once.",
  when        = incident(),
  link        = {
    reason  = "incident",
    link_to = "{incident.ticket}",
    tags    = tagged,
    message = "We know about this and are working on it: {incident.title}. You can follow it at {incident.status}; you need not do anything. If you want to talk to a person all the same, just say so.",
  },
}
