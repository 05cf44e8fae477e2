-- When the product does not work, and when a customer is about to leave.
rule "outage" {
  owner       = "engineering",
  description = "Several ways to say that nothing works, once the AI could not help.",
  when        = all { says { "is down", "outage", "nothing works", "error 500", "error 503", "timeouts", "geht nicht mehr" },
                      failed_attempts(1) },
  escalate    = {
    reason    = "outage",
    group     = "tier2",
    priority  = "high",
    need      = "investigate",
    tags      = { "outage" },
    next_step = "Compare with the status page, then answer: {first_question, 120}",
  },
}

rule "wants to leave" {
  owner       = "customer-success",
  description = "A cancellation is a conversation that a person should have.",
  when        = says {
    "cancel my subscription", "cancel our subscription", "cancel my account", "close our account", "not renew",
    "switching to another", "kundigen",
  },
  escalate    = {
    reason    = "retention",
    need      = "reply",
    tags      = { "retention" },
    next_step = "Ask why, then offer what fits their plan ({attributes.plan}).",
  },
}
