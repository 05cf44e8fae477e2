-- Two rules whose tickets differ in priority.
rule "threatens to sue" {
  owner = "e2e",
  when = says { "lawyer" },
  escalate = {
    reason = "legal",
    group = "legal",
    priority = "urgent",
    next_step = "Let the legal team answer.",
  },
}

rule "asked for a person" {
  owner = "e2e",
  when = asks_for_human(),
  escalate = {
    reason = "customer_request",
    priority = "high",
    next_step = "Answer: {first_question}",
  },
}
