-- The mood, and customers who come often.
rule "the customer is angry" {
  owner    = "service",
  when     = any { frustrated(4, { anger = 1 }), falling(0.6, 4) },
  escalate = { reason = "frustration", priority = "high", next_step = "Apologise for what went wrong, then answer: {first_question, 120}" },
}

rule "offer a person" {
  owner = "service",
  when  = any { asks_for_human "vague", frustrated(2.5) },
  offer = { message = "Shall I get you a colleague from our service?" },
}

rule "the AI does not get further" {
  owner    = "service",
  when     = all { any { failed_attempts(2), confidence_below(0.5, { turns = 2 }) }, none { thanks() } },
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question, 120}" },
}

modifier "regular customers come first" {
  when   = all { decided { action = "escalate", priority = "normal" }, any { tier { "gold", "platinum" }, field "orders_last_year" :at_least(12) } },
  change = { priority = "high", tags = { "regular" } },
}

budget "service" { groups = { "service" }, rate = "40/h", burst = 15 }
