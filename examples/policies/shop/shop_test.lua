local function said(text, more)
  local t = more or {}
  t[1] = customer(text)
  return conversation(t)
end
local kept = { action = "keep" }

cases "what comes first" {
  { "out of office", conversation { customer "I am away", attributes = { subject = "Automatic reply: your order" } }, { action = "ignore" } },
  { "a person wrote", conversation { customer "I am away next week", attributes = { subject = "Re: your order" } }, kept },
  { "an unknown charge", said "There is an unknown charge on my card", { reason = "security", group = "payments", priority = "urgent", final = true } },
  { "a known one", said "What is this charge for?", kept },
  { "a person", said "let me talk to a human", { reason = "customer_request", group = "service" } },
  { "a yes to the AI's offer", conversation { customer "hm", ai "Would you like to talk to a human agent?", customer "yes please" }, { reason = "customer_request" } },
  { "a person for a return", said("let me talk to a human", { intent = "return" }), { group = "returns", group_from = "routing" } },
}

cases "orders" {
  { "broken, order known", said("It arrived broken", { fields = { order_number = "AB123456", photo_sent = "yes" } }), { action = "escalate", group = "logistics", priority = "high", next_step = "Send a replacement for order AB123456; photo: yes." } },
  { "broken, nothing known", said "It arrived broken", { action = "collect", message = "What is your order number? It stands in our mail, like AB123456." } },
  { "broken, by intent", said("look at it", { intent = "damaged" }), { action = "collect" } },
  { "arrived damaged", said "It arrived damaged", { action = "collect", rule = "arrived broken" } },
  { "is broken", said "The handle is broken", { action = "collect", rule = "arrived broken" } },
  { "smashed", said "The vase is smashed", { action = "collect", rule = "arrived broken" } },
  { "not broken", said "It arrived, thanks", kept },
  { "14 days on the way", said("Where is it", { intent = "delivery", fields = { shipped_days = 14, order_number = "AB123456" } }), { reason = "lost_parcel", group = "logistics" } },
  { "13 days on the way", said("Where is it", { intent = "delivery", fields = { shipped_days = 13 } }), kept },
  { "14 days on the way, and another question", said("Which size fits me", { intent = "sizes", fields = { shipped_days = 14, order_number = "AB123456" } }), kept },
  { "an order of 200, and nobody wants money", said("Which size fits me", { intent = "sizes", fields = { order_value_minor = 20000, order_number = "AB123456" } }), kept },
  { "refund of 200", said("my money", { intent = "refund", fields = { order_value_minor = 20000, order_number = "AB123456" } }), { reason = "refund", group = "payments", need = "approval", priority = "high" } },
  { "refund of 199.99", said("my money", { intent = "refund", fields = { order_value_minor = 19999 } }), kept },
  { "refund of 215 dollars is 197.80", said("my money", { intent = "refund", fields = { order_value_minor = 21500, currency = "USD" } }), kept },
  { "a return, asked for the first time", said("how do I return shoes", { intent = "return" }), kept },
  { "a return, asked for again", conversation { customer "how do I return shoes bought online", ai "By post.", customer "but how do I return shoes bought online", intent = "return" }, { reason = "return" } },
  { "a return, and the answer did not help", said("how do I return shoes", { intent = "return", failed_attempts = 1 }), { reason = "return", group = "returns" } },
  { "an exchange, and the answer did not help", said("how do I exchange shoes", { intent = "exchange", failed_attempts = 1 }), { reason = "return", group = "returns" } },
}

cases "mood" {
  { "angry", conversation { customer { "ridiculous, never again!!!", sentiment = -0.7 }, ai "hm", customer "useless" }, { reason = "frustration", priority = "high" } },
  { "a falling mood", conversation { customer { "hello there", sentiment = 0.3 }, ai "a", customer { "second thing", sentiment = 0.0 }, ai "b",
    customer { "third matter", sentiment = -0.2 }, ai "c", customer { "fourth point", sentiment = -0.4 } }, { reason = "frustration", because = "falling" } },
  { "a fall of 0.6 is enough", conversation { customer { "hello there", sentiment = 0.3 }, ai "a", customer { "second thing", sentiment = 0.0 }, ai "b",
    customer { "third matter", sentiment = -0.2 }, ai "c", customer { "fourth point", sentiment = -0.3 } }, { reason = "frustration", because = "falling" } },
  { "a fall of 0.5 is not", conversation { customer { "hello there", sentiment = 0.3 }, ai "a", customer { "second thing", sentiment = 0.0 }, ai "b",
    customer { "third matter", sentiment = -0.1 }, ai "c", customer { "fourth point", sentiment = -0.2 } }, kept },
  { "four points: angry", said("ridiculous, never again", { sentiment = -0.3 }), { reason = "frustration" } },
  { "three and a half: an offer", said "ridiculous, never again!!!", { action = "offer" } },
  { "two points: nothing yet", said "never again", kept },
  { "calm again", conversation { customer { "ridiculous, never again!!!", sentiment = -0.7 }, ai "hm", customer { "ah, found it, thanks", sentiment = 0.4 } }, kept },
  { "annoyed: an offer", said "never again!!!", { action = "offer", rule = "offer a person" } },
  { "\"agent\": an offer", said "agent", { action = "offer" } },
  { "two failed attempts", said("why", { failed_attempts = 2 }), { reason = "ai_unresolved" } },
  { "unsure twice", conversation { customer { "why", confidence = 0.4 }, ai "so", customer { "and why that", confidence = 0.4 } }, { reason = "ai_unresolved" } },
  { "just sure enough", conversation { customer { "why", confidence = 0.5 }, ai "so", customer { "and why that", confidence = 0.5 } }, kept },
  { "a thank you", conversation { customer "why", ai "so", customer "thanks, it works", failed_attempts = 2 }, kept },
  { "one", said("why", { failed_attempts = 1 }), kept },
}

cases "regular customers" {
  { "gold", said("let me talk to a human", { tier = "gold" }), { priority = "high", priority_from = "modifier", tags = { "regular" } } },
  { "platinum", said("let me talk to a human", { tier = "platinum" }), { priority = "high", tags = { "regular" } } },
  { "gold, and urgent already", said("It arrived broken", { tier = "gold", fields = { order_number = "AB123456", photo_sent = "no" } }), { priority_from = "rule", tags = lacks "regular" } },
  { "twelve orders", said("let me talk to a human", { fields = { orders_last_year = 12 } }), { priority = "high" } },
  { "eleven", said("let me talk to a human", { fields = { orders_last_year = 11 } }), { priority = "normal" } },
}
