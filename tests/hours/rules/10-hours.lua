-- Outside of the hours a ticket waits for the next opening; what cannot wait
-- goes to whoever is awake.

local urgent = says { "urgent", "down" }
local person = asks_for_human()

rule "a person, on a holiday" {
  when     = all { person, on { "holiday", "12-31", calendar = "support" } },
  escalate = { reason = "customer_request", tags = { "holiday" }, next_step = "Reply: {first_question}" },
}
rule "the Saturday before Christmas" {
  when     = all { person, on { "saturday", calendar = "support" }, open "support" },
  escalate = { reason = "customer_request", tags = { "saturday" }, next_step = "Reply: {first_question}" },
}
rule "a person" {
  when     = any { person, says "urgent" },
  escalate = { reason = "customer_request", group = "support", next_step = "Reply: {first_question}" },
}
rule "the night shift" {
  when     = all { says "night", open "nights" },
  escalate = { reason = "customer_request", next_step = "Reply." },
}
rule "the AI has had its time" {
  when     = all { sla_left_below "2m", none { urgent } },
  escalate = { reason = "sla_risk", timing = "sla", next_step = "Take over at once." },
}

modifier "closed: at the next opening" {
  when   = all { closed "support", none { urgent } },
  change = { timing = "next_open" },
}
modifier "urgent: whoever is awake, Europe" {
  when = all { urgent, closed "support", open "emea" }, change = { group = "emea_oncall", priority = "urgent" },
}
modifier "urgent: whoever is awake, America" {
  when = all { urgent, closed "support", open "amer" }, change = { group = "amer_oncall", priority = "urgent" },
}
modifier "urgent: whoever is awake, Asia" {
  when = all { urgent, closed "support", open "apac_oncall" }, change = { group = "apac_oncall", priority = "urgent" },
}
