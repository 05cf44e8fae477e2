-- Each rule where it matches, and close beside that where it does not.

local function just(text) return conversation { customer(text) } end
local function about_order(text, cents)
  return conversation { customer(text), fields = { order_number = "4711", order_value_minor = cents } }
end
local kept = { action = "keep" }

cases "legal, fraud or safety" {
  { "a lawyer", just "You will hear from my lawyer", { rule = "legal, fraud or safety", group = "legal", priority = "urgent", final = true } },
  { "before money", about_order("I want a refund or I take legal action", 60000), { rule = "legal, fraud or safety" } },
  { "a profession", just "I am a lawyer and need an invoice", kept },
}

cases "refund of a large order" {
  { "500.00", about_order("I want my money back", 50000), { rule = "refund of a large order", group = "billing", priority = "high",
      next_step = "Check order 4711, then approve or decline the refund." } },
  { "499.99", about_order("I want my money back", 49999), kept },
  { "a question", about_order("Is this shirt refundable?", 60000), kept },
  { "the value is not known", just "I want a refund", kept },
}

cases "parcel lost or damaged" {
  { "lost", just "My order never arrived!", { rule = "parcel lost or damaged", need = "investigate" } },
  { "on its way", just "When will my parcel arrive?", kept },
}

cases "asked for a person" {
  { "in words", just "I want to talk to a human", { rule = "asked for a person" } },
  { "not needed", just "no human needed, thanks", kept },
}

cases "not helped, or angry" {
  { "two attempts", conversation { customer "Why is that?", failed_attempts = 2 }, { rule = "not helped, or angry" } },
  { "one attempt", conversation { customer "Why is that?", failed_attempts = 1 }, kept },
  { "angry", conversation { customer { "This is ridiculous", sentiment = -0.8 }, ai "Sorry", customer { "Useless", sentiment = -0.9 } }, { rule = "not helped, or angry" } },
}
