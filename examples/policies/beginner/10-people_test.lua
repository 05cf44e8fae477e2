-- A test is what a customer says, and what should come of it. "keep": the AI
-- goes on.
local function said(text) return conversation { customer(text) } end

cases "asked for a person" {
  { "in so many words", said "I want to talk to a real person", { action = "escalate", reason = "customer_request" } },
  { "in German", said "Ich möchte mit einem Menschen sprechen", { action = "escalate" } },
  { "not wanted", said "no human needed, thanks", { action = "keep" } },
}

cases "wants money back" {
  { "refund", said "I want a refund", { action = "escalate", group = "billing", priority = "high" } },
  { "money back", said "I want my money back", { group = "billing" } },
  { "charged twice", said "You charged me twice, I was charged twice!", { group = "billing" } },
  { "refundable is a question", said "Is this shirt refundable?", { action = "keep" } },
}

cases "talks of a lawyer" {
  { "my lawyer", said "You will hear from my lawyer", { reason = "legal", group = "legal", priority = "urgent", final = true } },
  { "a food court", said "Is there a food court?", { action = "keep" } },
}

cases "the AI does not get further" {
  { "two failed attempts", conversation { customer "why", failed_attempts = 2 }, { reason = "ai_unresolved", next_step = "Answer: why" } },
  { "one is not enough", conversation { customer "why", failed_attempts = 1 }, { action = "keep" } },
  { "very unhappy", conversation { customer "why", sentiment = -0.7 }, { reason = "ai_unresolved" } },
  { "the same question three times", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please",
    ai "Soon.", customer "so where is my order 4711??" }, { reason = "ai_unresolved" } },
  { "the same question twice", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please" }, { action = "keep" } },
  { "just at the limit", conversation { customer "why", sentiment = -0.6 }, { action = "keep" } },
}

cases "a large order needs a person" {
  { "500.00", conversation { customer "about my order", fields = { order_value_minor = 50000 } }, { group = "billing" } },
  { "499.99", conversation { customer "about my order", fields = { order_value_minor = 49999 } }, { action = "keep" } },
  { "it is settled", conversation { customer "about my order", ai "so", customer "thanks, that helped", fields = { order_value_minor = 50000 } }, { action = "keep" } },
}
