-- P1: who asks for a person.
local function said(text, more)
  local t = more or {}
  t[1] = customer(text)
  return conversation(t)
end
local person = { action = "escalate", reason = "customer_request" }
local nothing_yet = { action = "wait" } -- but for the clock (P8, P13)

cases "P1 explicit human request" {
  { "\"I want to talk to a real person\"", said "I want to talk to a real person", { action = "escalate", reason = "customer_request", priority = "normal", next_step = "Reply to: I want to talk to a real person" } },
  { "\"agent\": an offer", said "agent", { action = "offer", rule = "offer a person" } },
  { "\"agent\" again", conversation { customer "agent", ai "Would you rather talk to a person?", customer "agent" }, { action = "escalate", rule = "asked twice, if vaguely" } },
  { "the offer is made once", conversation { customer "agent", ai "I can help you here.", customer "and now?", rule_state = { offered = { ["offer a person"] = 1 } } }, nothing_yet },
  { "\"how do I contact you\": an offer", said "how do I contact you?", { action = "offer" } },
  { "\"what does your agent app do\"", said "what does your agent app do", nothing_yet },
  { "\"quiero hablar con una persona\"", said("quiero hablar con una persona", { language = "es" }), { action = "escalate", reason = "customer_request", group = "general" } },
  { "\"agente\": the offer in Spanish", said("agente", { language = "es" }), { action = "offer", message = "Puedo ayudarle aquí. ¿Prefiere hablar con una persona?" } },
  { "\"no human needed, thanks\"", said "no human needed, thanks", nothing_yet },
  { "the AI says \"human\"", conversation { customer "hello", ai "I am no human, but I try to help." }, nothing_yet },
  { "takeover button", said("hello", { handoff = { via = "takeover", actor = "ana" } }), { action = "escalate", reason = "takeover", final = true }, event = "takeover" },
  { "the button of the chat", said("hello", { handoff = { via = "action_node" } }), person, event = "handoff.requested" },
  { "in a caption", conversation { customer { "let me talk to a human", kind = "attachment", attachments = { { name = "bill.png" } } } }, person },
  { "a yes to the AI's offer", conversation { customer "it fails", ai "Would you like to talk to a human agent?", customer "yes please" }, person },
  { "a promise of the AI", conversation { customer "it fails", ai "I will transfer you to a colleague.", customer "fine" }, { action = "escalate", rule = "the AI promised a person" } },
  { "a gold customer", said("I want to talk to a real person", { tier = "gold" }), { priority = "high", priority_from = "rule" } },
  { "sentiment -0.5", said("I want to talk to a real person", { sentiment = -0.5 }), { priority = "high" } },
  { "sentiment -0.4", said("I want to talk to a real person", { sentiment = -0.4 }), { priority = "normal" } },
  { "\"a human about my refund\" lands in billing", said("I want to talk to a human about my refund", { intent = "refund" }),
    { reason = "customer_request", group = "billing", group_from = "routing" } },
  { "in the first turn too", said "human please", person },
}
