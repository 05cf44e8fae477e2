-- P7: somebody is in danger.
local function said(text, language) return conversation { customer(text), language = language } end
local urgent = { action = "escalate", reason = "safety", group = "trust_safety", priority = "urgent", final = true, transcript = "restricted" }

cases "P7 an explicit statement, in eight languages" {
  { "en", said("I want to kill myself", "en"), urgent },
  { "de", said("Ich will mich umbringen", "de"), urgent },
  { "fr", said("Je veux mourir", "fr"), urgent },
  { "es", said("Quiero quitarme la vida", "es"), urgent },
  { "it", said("Voglio morire", "it"), urgent },
  { "pt", said("Quero morrer", "pt"), urgent },
  { "nl", said("Ik denk aan zelfmoord", "nl"), urgent },
  { "pl", said("Chcę umrzeć", "pl"), urgent },
}

cases "P7 safety" {
  { "a threat to others", said "I will come and shoot you", urgent },
  { "a child in danger", said "There is a child in danger here", urgent },
  { "a medical emergency", said "My son swallowed a battery", urgent },
  { "the chat's own safety check", conversation { customer "goodbye", attributes = { safety_flag = true } }, urgent },
  { "a check that found nothing", conversation { customer "goodbye", attributes = { safety_flag = false } }, { action = "wait" } },
  { "idiom \"this app is killing me\": the near miss is kept", said "this app is killing me",
    { action = "wait", near = { "self_harm, but only a saying: app is killing me" } } },
  { "nothing of the kind", said "where is my parcel", { action = "wait", near = absent } },
  { "an idiom and more", said "this app is killing me, and I want to die", urgent },
  { "a quoted song lyric: recall first", said "they play that song again, \"I want to die\", all day", urgent },
  { "the customer's words only", conversation { customer "hello", ai "If you want to kill myself, type 1" }, { action = "wait" } },
  { "the reviewed text in the customer's language", said("Ich will mich umbringen", "de"),
    { message = "Danke, dass Sie uns das sagen. Sie sind nicht allein: Ein Mensch liest jetzt mit. Wenn Sie in Gefahr sind, wählen Sie bitte die 112 oder sprechen Sie unter 0800 111 0 111 mit jemandem." } },
  { "no details are asked, no survey, no export", conversation { customer "refund or I kill myself", intent = "refund" },
    { action = "escalate", reason = "safety", tags = { "no-survey", "no-training-export" } } },
  { "hours change nothing, but that whoever is on call is called", conversation { customer "I want to kill myself", attributes = { hours = "closed" } },
    { group = "trust_safety", group_from = "rule", priority = "urgent", final = true, notifiers = { "on_call" } } },
  { "while we are open nobody is called", conversation { customer "I want to kill myself", attributes = { hours = "open" } },
    function(d) return d.group == "trust_safety" and d.priority == "urgent" and d.notifiers == nil end },
}
