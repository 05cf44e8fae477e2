-- A policy with one of everything that the book shows.
routing {
  { intent = { "invoice", "refund" }, tier = "vip", group = "billing" },
  { language = "de", group = "support" },
}

rule "danger" {
  owner = "legal-ops", risk = "high", final = true,
  description = "Threats | and <danger>.",
  when = says { "my lawyer", "suicide" },
  escalate = { reason = "sensitive", priority = "urgent", next_step = "Read it all before replying." },
}

rule "large refund" {
  owner = "billing-ops",
  collect = { "order_number" },
  when = all { any { says { "refund" }, intent { "refund", "invoice" } }, field "value" :at_least(500),
    none { channel "voice_transcript", field "note" :missing(), function(c) return c.turn_count > 90 end } },
  escalate = { reason = "refund", group = "billing", tags = { "refund" }, fields = { order = "{fields.order_number}" },
    priority = function(c) return c.customer.tier == "vip" and "high" or "normal" end,
    next_step = "Approve or decline the refund of {fields.order_number}." },
}

rule "still stuck" {
  when = all { unresolved(), failed_attempts(2) },
  wait = "10m",
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question, 60}" },
}

rule "thanks" { owner = "support-ops", when = matches "^thanks", keep = true }

modifier "closed: next opening" {
  when = closed "office",
  change = { timing = "next_open", message = "We answer at the next opening." },
}
