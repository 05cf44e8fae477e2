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

-- However the chat says so; the rule does it, not what is built in.
local function by_the_chat(via)
  return { "by " .. via, said("hello", { handoff = { via = via } }), { action = "escalate", rule = "asked for a person" }, event = "handoff.requested" }
end
cases "P1 the chat itself asks" {
  by_the_chat "customer_request",
  by_the_chat "flow",
  by_the_chat "action_node",
  by_the_chat "tool_call",
}

-- In each of the words that it promises with.
local function promised(words)
  return { words, conversation { customer "it fails", ai(words), customer "fine" }, { action = "escalate", rule = "the AI promised a person" } }
end
cases "P1 what the AI promises is kept" {
  promised "One moment, I will transfer you to a colleague.",
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
  promised "Ich verbinde Sie mit einem Kollegen.",
  promised "Ich leite Sie weiter.",
  promised "Je vous transfère à un collègue.",
  promised "Le paso con un compañero.",
  promised "La trasferisco a un collega.",
  promised "Vou transferir para um colega.",
  { "a question whether it should is no promise", conversation { customer "it fails", ai "Shall I transfer you to a colleague?", customer "hm" }, nothing_yet },
}
