-- Someone who asks for a person gets one.
rule "asked for a person" {
  owner       = "support-ops",
  description = "The customer asked for a human in so many words, or the AI promised one.",
  when        = any {
    asks_for_human(),
    requested_by { "customer_request", "flow", "action_node", "tool_call" },
    ai_says {
      "transfer you to a human", "transferring you to a human", "transferred to a human", "transfer to a human",
      "connect you with a human", "connect you to a human", "connecting you with a human", "hand you over to a",
      "transfer you to an agent", "transferring you to an agent", "connect you with an agent",
      "transfer you to a representative", "connect you with a representative", "escalate this to a human",
    },
  },
  escalate    = {
    reason    = "customer_request",
    next_step = "Reply to: {first_question, 120}",
  },
}
