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

-- In each of the words that it promises with.
local function promised(words)
  return { words, conversation { customer "Cancel it", ai(words), customer "fine" }, handed_over }
end
cases "the AI promised a person" {
  promised "I will transfer you to a human agent.",
  promised "Of course, I'll transfer you.",
  promised "I am transferring you to our team.",
  promised "I'm transferring you to our team.",
  promised "Now transferring you to an agent.",
  promised "To do that I will need to transfer you.",
  promised "For this I need to transfer you to a colleague.",
  promised "You are being transferred.",
  promised "Please stay: you will be transferred in a minute.",
  promised "I will connect you with somebody who knows.",
  promised "I'll connect you with somebody who knows.",
  promised "I am connecting you with our team.",
  promised "I'm connecting you with our team.",
  promised "I will hand you over to a colleague.",
  promised "I will pass you to a colleague.",
  { "a question whether it should is no promise", conversation { customer "Cancel it", ai "Shall I transfer you?", customer "hm" }, kept },
  { "a yes to its offer", conversation { customer "hm", ai "Would you like to talk to a human agent?", customer "yes please" }, handed_over },
}

-- However the chat says so; the rule does it, not what is built in.
local function by_the_chat(via)
  return { "by " .. via, conversation { customer "hello", handoff = { via = via } }, handed_over, event = "handoff.requested" }
end
cases "the chat itself asks (S160)" {
  by_the_chat "customer_request",
  by_the_chat "flow",
  by_the_chat "action_node",
  by_the_chat "tool_call",
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

-- Each of the words that make it so.
local function sensitive(words) return { words, just(words), { reason = "sensitive", final = true } } end
cases "risk, word by word" {
  sensitive "My attorney will contact you",
  sensitive "This is going to be a lawsuit",
  sensitive "I take legal action",
  sensitive "I will take you to court",
  sensitive "I'll sue you",
  sensitive "I write to the ombudsman",
  sensitive "I ask for it under the GDPR",
  sensitive "I write to the data protection authority",
  sensitive "Mein Anwalt schreibt Ihnen",
  sensitive "Ich gehe zum Rechtsanwalt",
  sensitive "Mi abogado les escribirá",
  sensitive "Mon avocat va vous écrire",
  sensitive "Someone logged in from another country",
  sensitive "Someone changed my e-mail",
  sensitive "My account was stolen",
  sensitive "This is identity theft",
  sensitive "I got a phishing mail in your name",
  sensitive "I want to kill myself",
  sensitive "I think of suicide",
  sensitive "I will hurt myself",
}

cases "billing (S62)" {
  { "charged twice", just "I was CHARGED TWICE!", { reason = "billing_dispute", tags = { "billing", "usher", "ai-handoff", "reason:billing_dispute" } } },
  { "by intent", conversation { customer "hm", intent = "billing_dispute" }, { reason = "billing_dispute" } },
  { "by intent: charged twice", conversation { customer "hm", intent = "duplicate_charge" }, { reason = "billing_dispute" } },
  { "by intent: a chargeback", conversation { customer "hm", intent = "chargeback" }, { reason = "billing_dispute" } },
  { "refundable is a question", just "Is this shirt refundable?", kept },
}

local function disputed(words) return { words, just(words), { reason = "billing_dispute" } } end
cases "billing, word by word" {
  disputed "I was double charged",
  disputed "You charged me twice",
  disputed "There is an unauthorized charge",
  disputed "I did not authorize this",
  disputed "I dispute this charge",
  disputed "I dispute the charge of May",
  disputed "I was overcharged",
  disputed "That is the wrong amount",
  disputed "I'll charge back this payment",
  disputed "This will be a chargeback",
  disputed "Es wurde doppelt abgebucht",
  disputed "Me han cobrado dos veces",
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

cases "ended, or not" {
  { "unresolved, and nothing failed", conversation { customer "why", outcome = "unresolved" }, kept, event = "session.ended" },
  { "left by the customer", conversation { customer "why", failed_attempts = 1, outcome = "abandoned" }, kept, event = "session.ended" },
  { "thought unresolved, and it goes on", conversation { customer "why", failed_attempts = 1, outcome = "unresolved" }, kept },
}

test "resolved by the AI: no ticket (S2)" {
  given  = conversation { customer "When are you open?", ai "Nine to five.", customer "Thank you!", outcome = "resolved_confirmed" },
  event  = "session.ended",
  expect = kept,
}

cases "frustration (S66, S165)" {
  { "angry twice", conversation { customer "This is ridiculous", ai "Sorry", customer "USELESS, ABSOLUTELY USELESS" }, { reason = "frustration", priority = "high" } },
  { "very negative", conversation { customer "it broke again", sentiment = -0.8 }, { reason = "frustration" } },
  { "a mood of -0.7 is not below it", conversation { customer "it broke again", sentiment = -0.7 }, kept },
  { "four points of anger", conversation { customer { "ridiculous", sentiment = -0.6 } }, { reason = "frustration" } },
  { "three and a half", conversation { customer { "ridiculous!!!", sentiment = -0.3 } }, kept },
  { "the same question three times", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please",
    ai "Soon.", customer "so where is my order 4711??" }, { reason = "frustration" } },
  { "the same question twice", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please" }, kept },
  { "neutral", conversation { customer "it broke again", sentiment = 0 }, kept },
  { "calmed down", conversation { customer "This is ridiculous", customer { "sorry, found it, thanks", sentiment = 0.5 } }, kept },
  { "short capitals are no shouting", just "HELLO", kept },
}

test "the brief has a next step and the origin tags (S28, S140)" {
  given  = conversation { customer "Where is order 88213?", customer "I want to talk to a real person", intent = { name = "delivery", title = "Delivery" } },
  expect = { next_step = "Reply to: Where is order 88213?", tags = { "usher", "ai-handoff", "reason:customer_request", "delivery" },
             subject = "[AI] Delivery: Where is order 88213?" },
}
