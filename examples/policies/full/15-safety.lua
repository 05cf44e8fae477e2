-- P7: somebody is in danger. At once, to people who are trained for it; nothing
-- later changes it (final), no budget holds it back, no question is asked.
-- Better ten conversations too many than one too few.

local team = require "00-team"

-- Reviewed by trust and safety on 2026-09-01; change nothing without them.
local crisis = {
  en = "Thank you for telling us. You are not alone: a person is reading this now. If you are in danger, please call your local emergency number, or 116 123 to talk to somebody.",
  de = "Danke, dass Sie uns das sagen. Sie sind nicht allein: Ein Mensch liest jetzt mit. Wenn Sie in Gefahr sind, wählen Sie bitte die 112 oder sprechen Sie unter 0800 111 0 111 mit jemandem.",
  fr = "Merci de nous l'avoir dit. Vous n'êtes pas seul : une personne lit ceci maintenant. Si vous êtes en danger, appelez le 15 ou le 112, ou le 3114 pour parler à quelqu'un.",
  es = "Gracias por contárnoslo. No está solo: una persona lo está leyendo ahora. Si está en peligro, llame al 112, o al 024 para hablar con alguien.",
  it = "Grazie per avercelo detto. Non è solo: una persona sta leggendo ora. Se è in pericolo, chiami il 112, o lo 02 2327 2327 per parlare con qualcuno.",
  pt = "Obrigado por nos dizer. Não está sozinho: uma pessoa está a ler isto agora. Se está em perigo, ligue 112, ou 213 544 545 para falar com alguém.",
  nl = "Dank u dat u dit vertelt. U bent niet alleen: een mens leest nu mee. Bent u in gevaar, bel dan 112, of 113 om met iemand te praten.",
  pl = "Dziękujemy, że nam o tym mówisz. Nie jesteś sam: czyta to teraz człowiek. Jeśli grozi Ci niebezpieczeństwo, zadzwoń pod 112 albo pod 116 123, aby porozmawiać.",
}

local danger = any {
  mentions { "self_harm", "threat", "medical" },
  attribute "safety_flag" :is(true),
}

-- Out of hours somebody is called, once, at the same moment: their telephone
-- waits for no helpdesk.
local function in_danger(t)
  return {
    owner       = "trust-and-safety",
    description = t.description,
    risk        = "high",
    final       = true,
    when        = t.when,
    escalate    = {
      reason     = "safety",
      group      = "trust_safety",
      priority   = "urgent",
      need       = "judgment",
      transcript = "restricted",
      tags       = { "no-survey", "no-training-export" },
      notifiers  = t.notifiers,
      message    = team.in_their_language(crisis),
      next_step  = "Read it all now, follow the crisis guide, and stay with the customer until they are safe.",
    },
  }
end

rule "somebody is in danger, and we are closed" (in_danger {
  description = "The same at night, on holidays and at lunch: whoever is on call is called.",
  when        = all { danger, team.closed },
  notifiers   = { "on_call" },
})

rule "somebody is in danger" (in_danger {
  description = "Self-harm, threats, children, a medical emergency; or the chat's own safety check says so.",
  when        = danger,
})
