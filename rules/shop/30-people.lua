-- Who asks for a person gets one; so does who was not helped.
rule "asked for a person" {
  owner       = "support-ops",
  description = "In so many words, or by a button of the chat.",
  when        = any { asks_for_human(), requested_by { "customer_request", "flow", "action_node", "tool_call" }, accepts_human() },
  escalate    = { reason = "customer_request", next_step = "Reply to: {first_question, 120}" },
}

rule "not helped, or angry" {
  owner       = "support-ops",
  description = "Two answers that did not help, or anger in the last three messages.",
  when        = any { failed_attempts(2), frustrated(4) },
  escalate    = { reason = "ai_unresolved", next_step = "Answer: {first_question, 120}" },
}
