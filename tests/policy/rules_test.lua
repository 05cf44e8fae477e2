local function just(text) return conversation { customer(text) } end
local function on(channel, text) return conversation { customer(text), channel = channel } end
local kept = { action = "keep" }
local function because_of(reason) return { action = "escalate", reason = reason } end

cases "S60 S159 a person is asked for, in chat and by e-mail" {
  { "chat", on("chat", "I want to speak to a human"), because_of "customer_request" },
  { "e-mail", on("email", "Hello,\n\nthe answer was no help. I want to talk to a real person.\n\nMara"), because_of "customer_request" },
  { "no", on("email", "No human needed, thanks."), kept },
}

cases "S63 account issues" {
  { "words", just "I'm locked out of my account", because_of "account_access" },
  { "a contraction", just "I can't log in any more", because_of "account_access" },
  { "intent", conversation { customer "hm", intent = "account_access" }, because_of "account_access" },
  { "the door", just "The door is locked and I am out", kept },
}

cases "S64 complaints" {
  { "noun", just "This is a formal COMPLAINT.", because_of "complaint" },
  { "verb", just "I want to complain about the driver", because_of "complaint" },
  { "part of a word", just "I am compliant with your terms", kept },
}

cases "S65 sensitive matters" {
  { "lawyer", just "You will hear from my lawyer!", { reason = "sensitive", priority = "urgent", final = true, need = "judgment" } },
  { "a profession", just "I am a lawyer and want an invoice address", kept },
}

cases "S119 a policy or a workflow wants a human to look" {
  { "flag of the source", conversation { customer "Please change my tariff", review_required = true }, { reason = "policy_review", rule = "a person has to look at it" } },
  { "without it", just "Please change my tariff", kept },
}

cases "S120 sensitive, risky, unclear: three reasons" {
  { "sensitive", just "This is discrimination", because_of "sensitive" },
  { "risky", conversation { customer "hm", intent = "account_access" }, because_of "account_access" },
  { "unclear", conversation { customer "hm", intent = "other", confidence = 0.2 }, because_of "unclear" },
}

cases "S121 S160 a configured path says: hand off" {
  { "flow", conversation { customer "hello", handoff = { via = "flow" } }, because_of "customer_request", event = "handoff.requested" },
  { "action node", conversation { customer "hello", handoff = { via = "action_node" } }, because_of "customer_request", event = "handoff.requested" },
}

test "S161 a takeover by a human is not vetoed by any rule" {
  given  = conversation { customer "my lawyer wants a refund", handoff = { via = "takeover", actor = "ana" } },
  event  = "takeover",
  expect = { action = "escalate", reason = "takeover", rule = "built-in: a human took over", final = true },
}

cases "S122 what is wanted of the human" {
  { "judgment", just "my lawyer", { need = "judgment" } },
  { "approval", just "refund please", { need = "approval" } },
  { "follow-up", just "You promised to call back", { need = "follow_up" } },
}

cases "S127 another team must investigate" {
  { "outage", conversation { customer "Nothing works", intent = "outage" }, { group = "engineering", group_from = "rule", need = "investigate" } },
}

cases "S31 S32 routing by intent and tier" {
  { "billing", conversation { customer "hm", intent = "billing_unresolved" }, { rule = "money", group = "billing", group_from = "routing" } },
  { "technical", conversation { customer "hm", intent = "technical_unresolved" }, { rule = "technical", group = "tier2", group_from = "routing" } },
  { "technical, vip", conversation { customer "hm", intent = "technical_unresolved", tier = "vip" }, { group = "tier3" } },
  { "a person for an invoice", conversation { customer "human please", intent = "invoice" }, { reason = "customer_request", group = "billing" } },
  { "nothing known", just "human please", { group = "support", group_from = "default" } },
}

cases "S51 S168 the rule and the event are tags" {
  { "the rule's name", just "I want to talk to a human", { tags = { "rule:asked-for-a-person" } } },
  { "the event", conversation { customer "It is broken", outcome = "unresolved" },
    { rule = "ended without help", tags = { "rule:ended-without-help", "event:session.ended" } }, event = "session.ended" },
}

cases "S162 S164 S168 a keyword as an event" {
  { "capitals and a sign", just "REFUND?", { reason = "refund", rule = "refund", tags = { "refund" } } },
  { "two words", just "I want my money, back", because_of "refund" },
  { "refundable", just "Is this shirt refundable?", kept },
  { "the AI said it", conversation { customer "hm", ai "Would you like a refund?", customer "ok" }, kept },
}

cases "S166 the same text on another channel" {
  { "chat", on("chat", "refund"), because_of "refund" },
  { "voice", on("voice_transcript", "refund"), kept },
}

-- keyword and (mood or not voice): all eight
local function parcel(text, score, channel)
  return conversation { customer(text), sentiment = score, channel = channel }
end
cases "S167 keyword, sentiment, channel" {
  { "yes yes chat", parcel("my parcel", -0.8, "chat"), because_of "parcel" },
  { "yes yes voice", parcel("my parcel", -0.8, "voice_transcript"), because_of "parcel" },
  { "yes no chat", parcel("my parcel", 0.1, "chat"), because_of "parcel" },
  { "yes no voice", parcel("my parcel", 0.1, "voice_transcript"), kept },
  { "no yes chat", parcel("my letter", -0.8, "chat"), kept },
  { "no yes voice", parcel("my letter", -0.8, "voice_transcript"), kept },
  { "no no chat", parcel("my letter", 0.1, "chat"), kept },
  { "no no voice", parcel("my letter", 0.1, "voice_transcript"), kept },
}

local function asked_and_answered(turns)
  local list = {}
  for i = 1, turns do
    list[#list + 1] = customer("question " .. i)
    list[#list + 1] = ai("answer " .. i)
  end
  return conversation(list)
end
cases "S13 eight turns of the customer" {
  { "seven", asked_and_answered(7), kept },
  { "eight", asked_and_answered(8), { reason = "long", because = "turns" } },
  { "eight messages of both are four", asked_and_answered(4), kept },
}

local function sure(confidence)
  return conversation { customer "hm", intent = { name = "other", confidence = confidence } }
end
cases "S12 S78 confidence under 0.55" {
  { "0.54", sure(0.54), { reason = "unclear", because = "confidence_below" } },
  { "0.55", sure(0.55), kept },
  { "0.56", sure(0.56), kept },
  { "unknown is not 0", conversation { customer "hm", intent = { name = "other" } }, kept },
  { "nothing known at all", just "hm", kept },
  { "low", sure "low", because_of "unclear" },
  { "medium", sure "medium", kept },
  { "high", sure "high", kept },
}

cases "S61 two failed attempts" {
  { "one", conversation { customer "hm", failed_attempts = 1 }, kept },
  { "two", conversation { customer "hm", failed_attempts = 2 }, { reason = "ai_unresolved", because = "failed_attempts" } },
}

local function ended(how) return conversation { customer "hm", ai "There you are.", outcome = how } end
cases "S2 S11 how the session ended" {
  { "unresolved", ended "unresolved", because_of "ended_unresolved", event = "session.ended" },
  { "assumed", ended "resolved_assumed", { action = "notify", rule = "said to be helped" }, event = "session.ended" },
  { "confirmed", ended "resolved_confirmed", kept, event = "session.ended" },
}

cases "urgent, in the newest message only" {
  { "now", just "It is urgent!", { rule = "urgent", priority = "urgent" } },
  { "earlier", conversation { customer "It is urgent!", customer "Solved meanwhile" }, kept },
}

cases "S170 priority and assignee" {
  { "neither", just "complaint", { priority = "normal", priority_from = "default" } },
  { "priority alone", just "refund", { priority = "high", priority_from = "rule" } },
  { "assignee alone", just "he promised to call back", { assignee = "ana@shop.example", priority = "normal" } },
  { "both", just "the contract renewal", { assignee = "ana@shop.example", priority = "low" } },
}

test "S25 the subject comes from the intent and the first question" {
  given  = conversation { customer "Grüße! Mein Paket ist seit drei Wochen überfällig und niemand antwortet mir auf meine Fragen",
                          customer "human please", intent = { name = "delivery", title = "Delivery" } },
  expect = { subject = "[AI] Delivery: Grüße! Mein Paket ist seit drei Wochen überfällig und nieman" },
}

-- Case, accents, punctuation, borders of words.
cases "S14 trigger phrases" {
  { "1", just "cancel my subscription", because_of "phrase" },
  { "2", just "CANCEL MY SUBSCRIPTION", because_of "phrase" },
  { "3", just "Please, cancel my subscription.", because_of "phrase" },
  { "4", just "cancel, my subscription!", because_of "phrase" },
  { "5", just "cancel   my\nsubscription", because_of "phrase" },
  { "6", just "(cancel my subscription)", because_of "phrase" },
  { "7", just "\"Cancel my subscription\" he said", because_of "phrase" },
  { "8", just "cancel-my-subscription", because_of "phrase" },
  { "9", just "crème brûlée", because_of "phrase" },
  { "10", just "creme brulee", because_of "phrase" },
  { "11", just "CRÈME BRÛLÉE", because_of "phrase" },
  { "12", just "cre\u{300}me bru\u{302}le\u{301}e", because_of "phrase" },
  { "13", just "the crème-brûlée, again", because_of "phrase" },
  { "14", just "Straße gesperrt", because_of "phrase" },
  { "15", just "STRASSE GESPERRT", because_of "phrase" },
  { "16", just "strasse, gesperrt", because_of "phrase" },
  { "17", just "¡No me funciona!", because_of "phrase" },
  { "18", just "NO ME FUNCIONA", because_of "phrase" },
  { "19", just "где мой ЧЕК?", because_of "phrase" },
  { "20", just "double charge", because_of "phrase" },
  { "21", just "Double, charge!!!", because_of "phrase" },
  { "22", just "it was a “double charge”…", because_of "phrase" },
  { "23", just "cancel my subscriptions", kept },
  { "24", just "cancel subscription", kept },
  { "25", just "my subscription, cancel it", kept },
  { "26", just "cancel my old subscription", kept },
  { "27", just "cancelled my subscription", kept },
  { "28", just "cancel mysubscription", kept },
  { "29", just "creme", kept },
  { "30", just "brulee creme", kept },
  { "31", just "cremebrulee", kept },
  { "32", just "Straßen gesperrt", kept },
  { "33", just "die Straße ist gesperrt", kept },
  { "34", just "me funciona", kept },
  { "35", just "no, me funcionan", kept },
  { "36", just "чеки", kept },
  { "37", just "double charged", kept },
  { "38", just "a double surcharge", kept },
  { "39", just "doublecharge", kept },
  { "40", conversation { customer "hello", ai "Do you want to cancel my subscription?" }, kept },
}
