-- P1: who asks for a person gets one. A clear request at once, and no budget
-- holds it back; a vague word ("agent", "how can I reach you") gets an offer,
-- once; the second vague word is clear enough.

local team = require "00-team"

local function soon_for_some(c)
  local upset = c.sentiment and c.sentiment.score and c.sentiment.score <= -0.5
  if upset or team.is_one_of(team.valued, c.customer and c.customer.tier) then return "high" end
  return "normal"
end

local answer_them = {
  reason    = "customer_request",
  priority  = soon_for_some,
  next_step = "Reply to: {first_question, 120}",
}

rule "asked for a person" {
  owner       = "support-ops",
  description = "In so many words, by the button of the chat, or with a yes to the AI's offer.",
  when        = any {
    asks_for_human(),
    requested_by { "customer_request", "flow", "action_node", "tool_call" },
    accepts_human(),
  },
  escalate    = answer_them,
}

-- What the AI promises we keep.
rule "the AI promised a person" {
  owner       = "support-ops",
  description = "The AI told the customer that it hands over; a question whether it should is an offer, no promise.",
  when        = ai_says {
    "i will transfer you", "ill transfer you", "i am transferring you", "im transferring you", "now transferring you",
    "i will need to transfer you", "i need to transfer you", "you are being transferred", "you will be transferred",
    "i will connect you", "ill connect you", "i am connecting you", "im connecting you", "i will hand you over",
    "ich verbinde sie", "ich leite sie weiter", "je vous transfère", "le paso con", "la trasferisco", "vou transferir",
  },
  escalate    = answer_them,
}

rule "asked twice, if vaguely" {
  owner       = "support-ops",
  description = "\"Agent\", \"support\" or \"how can I reach you\" for the second time.",
  when        = asks_for_human("vague", { times = 2 }),
  escalate    = answer_them,
}

rule "offer a person" {
  owner       = "support-ops",
  description = "One vague word may be a question; so we ask back, once in a conversation.",
  when        = asks_for_human "vague",
  offer       = { message = team.in_their_language {
    en = "I can help you with that here. Would you rather talk to a person?",
    de = "Ich kann Ihnen hier helfen. Möchten Sie lieber mit einem Menschen sprechen?",
    fr = "Je peux vous aider ici. Préférez-vous parler à une personne ?",
    es = "Puedo ayudarle aquí. ¿Prefiere hablar con una persona?",
    it = "Posso aiutarla qui. Preferisce parlare con una persona?",
    pt = "Posso ajudar aqui. Prefere falar com uma pessoa?",
    nl = "Ik kan u hier helpen. Spreekt u liever met een mens?",
    pl = "Mogę pomóc tutaj. Czy woli Pani lub Pan porozmawiać z człowiekiem?",
  } },
}
