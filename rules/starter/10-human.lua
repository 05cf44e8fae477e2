-- Someone who asks for a person gets one.
rule "asked for a person" {
  owner       = "support-ops",
  description = "The customer asked for a human in so many words, or the AI promised one.",
  when        = any {
    asks_for_human(),
    requested_by { "customer_request", "flow", "action_node", "tool_call" },
    accepts_human(),
    -- a promise, not an offer ("would you like me to transfer you?")
    ai_says {
      "i will transfer you", "ill transfer you", "i am transferring you", "im transferring you", "now transferring you",
      "i will need to transfer you", "i need to transfer you", "you are being transferred", "you will be transferred",
      "i will connect you", "ill connect you", "i am connecting you", "im connecting you", "i will hand you over",
      "i will pass you to",
    },
  },
  escalate    = {
    reason    = "customer_request",
    next_step = "Reply to: {first_question, 120}",
  },
}
