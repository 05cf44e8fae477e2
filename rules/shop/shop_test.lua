-- Each rule where it matches, and close beside that where it does not.

local function just(text) return conversation { customer(text) } end
local function about_order(text, cents)
  return conversation { customer(text), fields = { order_number = "4711", order_value_minor = cents } }
end
local kept = { action = "keep" }

cases "legal, fraud or safety" {
  { "a lawyer", just "You will hear from my lawyer", { rule = "legal, fraud or safety", group = "legal", priority = "urgent", final = true } },
  { "legal action", just "I take legal action", { rule = "legal, fraud or safety" } },
  { "a lawsuit", just "I will sue you", { rule = "legal, fraud or safety" } },
  { "consumer protection", just "I write to consumer protection", { rule = "legal, fraud or safety" } },
  { "a charge back", just "I'll charge back this payment", { rule = "legal, fraud or safety" } },
  { "a chargeback", just "This will be a chargeback", { rule = "legal, fraud or safety" } },
  { "a stolen card", just "Someone used my card in your shop", { rule = "legal, fraud or safety" } },
  { "a stolen account", just "My account was hacked", { rule = "legal, fraud or safety" } },
  { "an allergy", just "My daughter has an allergic reaction", { rule = "legal, fraud or safety" } },
  { "fire", just "The charger caught fire", { rule = "legal, fraud or safety" } },
  { "an injury", just "My son was injured by it", { rule = "legal, fraud or safety" } },
  { "in German", just "Sie hören von meinem Anwalt, mein Anwalt schreibt Ihnen", { rule = "legal, fraud or safety" } },
  { "in German, the association", just "Ich gehe zum Verbraucherschutz", { rule = "legal, fraud or safety" } },
  { "in Spanish", just "Mi abogado les escribirá", { rule = "legal, fraud or safety" } },
  { "in French", just "Mon avocat va vous écrire", { rule = "legal, fraud or safety" } },
  { "before money", about_order("I want a refund or I take legal action", 60000), { rule = "legal, fraud or safety" } },
  { "a profession", just "I am a lawyer and need an invoice", kept },
}

cases "refund of a large order" {
  { "500.00", about_order("I want my money back", 50000), { rule = "refund of a large order", group = "billing", priority = "high",
      next_step = "Check order 4711, then approve or decline the refund." } },
  { "a refund, in that word", about_order("I want a refund", 50000), { rule = "refund of a large order" } },
  { "sends it back", about_order("I want to return it", 50000), { rule = "refund of a large order" } },
  { "in German", about_order("Ich will mein Geld zurück", 50000), { rule = "refund of a large order" } },
  { "in Spanish", about_order("Quiero un reembolso", 50000), { rule = "refund of a large order" } },
  { "in French", about_order("Je veux un remboursement", 50000), { rule = "refund of a large order" } },
  { "499.99", about_order("I want my money back", 49999), kept },
  { "a question", about_order("Is this shirt refundable?", 60000), kept },
  { "the value is not known", just "I want a refund", kept },
}

cases "parcel lost or damaged" {
  { "lost", just "My order never arrived!", { rule = "parcel lost or damaged", need = "investigate" } },
  { "the parcel is lost", just "I think the parcel is lost", { rule = "parcel lost or damaged" } },
  { "the package is lost", just "My package is lost", { rule = "parcel lost or damaged" } },
  { "not delivered", just "It was never delivered", { rule = "parcel lost or damaged" } },
  { "delivered to nobody", just "It is marked as delivered", { rule = "parcel lost or damaged" } },
  { "broken", just "The lamp arrived broken", { rule = "parcel lost or damaged" } },
  { "damaged", just "The lamp arrived damaged", { rule = "parcel lost or damaged" } },
  { "in German", just "Mein Paket ist nicht angekommen", { rule = "parcel lost or damaged" } },
  { "in German, broken", just "Die Lampe ist kaputt angekommen", { rule = "parcel lost or damaged" } },
  { "in Spanish", just "Mi pedido no ha llegado", { rule = "parcel lost or damaged" } },
  { "in French", just "Mon colis n'est jamais arrivé", { rule = "parcel lost or damaged" } },
  { "on its way", just "When will my parcel arrive?", kept },
}

cases "asked for a person" {
  { "in words", just "I want to talk to a human", { action = "escalate", rule = "asked for a person" } },
  { "not needed", just "no human needed, thanks", kept },
}

-- However the chat says so; the rule does it, not what is built in.
local function by_the_chat(via)
  return { "by " .. via, conversation { customer "hello", handoff = { via = via } }, { rule = "asked for a person" }, event = "handoff.requested" }
end
cases "asked for a person, by the chat" {
  by_the_chat "customer_request",
  by_the_chat "flow",
  by_the_chat "action_node",
  by_the_chat "tool_call",
  { "a yes to the AI's offer", conversation { customer "hm", ai "Would you like to talk to a human agent?", customer "yes please" }, { rule = "asked for a person" } },
}

cases "not helped, or angry" {
  { "four points of anger", conversation { customer { "cancel everything", sentiment = -0.6 } }, { action = "escalate", rule = "not helped, or angry" } },
  { "three and a half", conversation { customer { "cancel everything!!!", sentiment = -0.3 } }, kept },
  { "two attempts", conversation { customer "Why is that?", failed_attempts = 2 }, { rule = "not helped, or angry" } },
  { "one attempt", conversation { customer "Why is that?", failed_attempts = 1 }, kept },
  { "angry", conversation { customer { "This is ridiculous", sentiment = -0.8 }, ai "Sorry", customer { "Useless", sentiment = -0.9 } }, { rule = "not helped, or angry" } },
}
