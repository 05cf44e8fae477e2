-- Rules that do not act at once.
rule "in time, at night" {
  when     = says "night",
  escalate = { reason = "sla_risk", timing = "sla", group = "night", next_step = "Answer." },
}
rule "in time, by the usual queue" {
  when     = says "quiet",
  escalate = { reason = "sla_risk", timing = "sla", group = "quiet", next_step = "Answer." },
}
rule "in time" {
  when     = says "help",
  escalate = { reason = "sla_risk", timing = "sla", next_step = "Answer.", cancel_on = { "resolved", "takeover", "session_ended" } },
}
rule "gone quiet" {
  when     = all { says { "help", "alone" }, none { event "session.ended" } }, wait = "15m",
  escalate = { reason = "follow_up", next_step = "Ask." },
}
rule "half a day" {
  when     = says "half", wait = "4 business hours",
  escalate = { reason = "late", next_step = "Answer." },
}
rule "a day of the night" {
  when     = says "shift", wait = { "1 business day", calendar = "night" },
  escalate = { reason = "late", next_step = "Answer." },
}
rule "stuck" {
  when     = says "stuck", wait = "10m",
  escalate = { reason = "stuck", next_step = "Answer." },
}
modifier "closed" { when = all { decided { action = "escalate" }, closed "office" }, change = { timing = "next_open" } }
