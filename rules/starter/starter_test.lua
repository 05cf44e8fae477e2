-- The starter policy's own tests. Rows S2 S12 S13 S14 S60-S67 S76-S78 S119-S122
-- S140 S159-S162 S164 S165.

local function just(text) return conversation { customer(text) } end
local handed_over = { action = "escalate", reason = "customer_request", rule = "asked for a person" }
local kept = { action = "keep" }

cases "a person is asked for (S60, S67, S76, S159)" {
  { "speak to a human", just "I want to speak to a human", handed_over },
  { "connect me to support", just "Connect me to support", handed_over },
  { "someone contact me", just "Can someone from support contact me?", handed_over },
  { "real person", just "I want to talk to a real person", handed_over },
  { "transfer to an agent", just "Please transfer me to an agent.", handed_over },
  { "human please", just "human please", handed_over },
  { "spanish", just "Quiero hablar con una persona", handed_over },
  { "german", just "Ich möchte mit einem Menschen sprechen", handed_over },
  { "french", just "Je veux parler à un conseiller", handed_over },
  { "not needed", just "no human needed, thanks", kept },
  { "do not want one", just "I don't need to talk to an agent", kept },
  { "an app's name", just "what does your agent app do?", kept },
  { "the AI's word is not the customer's", conversation { ai "I am not a human.", customer "ok" }, kept },
}

test "the AI promised a person" {
  given  = conversation { customer "Cancel it", ai "I will transfer you to a human agent.", customer "fine" },
  expect = handed_over,
}

test "an action node of the chat asks (S160)" {
  given  = conversation { customer "hello", handoff = { via = "action_node" } },
  event  = "handoff.requested",
  expect = handed_over,
}

test "a human took over: nothing can veto it (S161)" {
  given  = conversation { customer "hello", handoff = { via = "takeover", actor = "ana" } },
  event  = "takeover",
  expect = { action = "escalate", reason = "takeover", final = true },
}

cases "risk (S65, S120)" {
  { "lawyer", just "My lawyer will contact you", { action = "escalate", reason = "sensitive", priority = "urgent", final = true } },
  { "hacked", just "I think I was hacked", { reason = "sensitive" } },
  { "a profession", just "I am a lawyer and want to sign up", kept },
}

cases "billing (S62)" {
  { "charged twice", just "I was CHARGED TWICE!", { reason = "billing_dispute", tags = { "billing", "usher", "ai-handoff", "reason:billing_dispute" } } },
  { "by intent", conversation { customer "hm", intent = "billing_dispute" }, { reason = "billing_dispute" } },
  { "refundable is a question", just "Is this shirt refundable?", kept },
}

cases "the AI could not resolve it (S61, S77, S78, S119)" {
  { "two failed attempts", conversation { customer "why", failed_attempts = 2 }, { reason = "ai_unresolved" } },
  { "one is not enough", conversation { customer "why", failed_attempts = 1 }, kept },
  { "confidence 0.29", conversation { customer "why", intent = "x", confidence = 0.29 }, { reason = "ai_unresolved", because = "confidence_below" } },
  { "confidence 0.30", conversation { customer "why", intent = "x", confidence = 0.30 }, kept },
  { "confidence unknown", conversation { customer "why", intent = "x" }, kept },
  { "review required", conversation { customer "why", review_required = true }, { reason = "ai_unresolved" } },
}

test "ended without help" {
  given  = conversation { customer "why", failed_attempts = 1, outcome = "unresolved" },
  event  = "session.ended",
  expect = { reason = "ai_unresolved", next_step = "Answer: why" },
}

test "resolved by the AI: no ticket (S2)" {
  given  = conversation { customer "When are you open?", ai "Nine to five.", customer "Thank you!", outcome = "resolved_confirmed" },
  event  = "session.ended",
  expect = kept,
}

cases "frustration (S66, S165)" {
  { "angry twice", conversation { customer "This is ridiculous", ai "Sorry", customer "USELESS, ABSOLUTELY USELESS" }, { reason = "frustration", priority = "high" } },
  { "very negative", conversation { customer "it broke again", sentiment = -0.8 }, { reason = "frustration" } },
  { "neutral", conversation { customer "it broke again", sentiment = 0 }, kept },
  { "calmed down", conversation { customer "This is ridiculous", customer { "sorry, found it, thanks", sentiment = 0.5 } }, kept },
  { "short capitals are no shouting", just "HELLO", kept },
}

test "the brief has a next step and the origin tags (S28, S140)" {
  given  = conversation { customer "Where is order 88213?", customer "I want to talk to a real person", intent = { name = "delivery", title = "Delivery" } },
  expect = { next_step = "Reply to: Where is order 88213?", tags = { "usher", "ai-handoff", "reason:customer_request", "delivery" },
             subject = "[AI] Delivery: Where is order 88213?" },
}
