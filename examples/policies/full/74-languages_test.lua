-- P10: the language of the team.
local function person(more, ...)
  local t = more or {}
  for _, m in ipairs { ... } do t[#t + 1] = m end
  t[#t + 1] = customer { "let me talk to a human", language = t.last or nil }
  t.last = nil
  return conversation(t)
end

cases "P10 language routing" {
  { "Spanish, billing", person { intent = "refund", language = "es" }, { action = "escalate", group = "billing_es", group_from = "modifier" } },
  { "French, billing", person { intent = "refund", language = "fr" }, { group = "billing_fr" } },
  { "Polish, tier 2: nobody there speaks it", person { intent = "how_to", language = "pl" }, { group = "general", tags = { "needs_translation" } } },
  { "German, billing: they speak it", person { intent = "refund", language = "de" }, { group = "billing", group_from = "routing" } },
  { "German, tier 2", person { intent = "how_to", language = "de" }, { group = "tier2_de" } },
  { "mixed, the last two Spanish", person({ intent = "refund", last = "es" },
    customer { "where is my money now", language = "en" }, ai "a", customer { "donde esta mi dinero", language = "es" }, ai "b"), { group = "billing_es" } },
  { "mixed, the last two English", person({ intent = "refund", last = "en" },
    customer { "donde esta mi dinero", language = "es" }, ai "a", customer { "where is my money", language = "en" }, ai "b"), { group = "billing" } },
  { "\"ok 👍\" keeps what it was", conversation { customer { "quiero hablar con una persona", language = "es" }, ai "a", customer { "ok 👍", language = "en" }, intent = "refund" }, { group = "billing_es" } },
  { "not sure: the customer's own locale", recording "unsure-language.json", { group = "billing_es" } },
  { "Yoruba: everybody's team, for a translator", person { intent = "refund", language = "yo" }, { group = "general", tags = { "needs_translation" } } },
  { "Yoruba, general", person { language = "yo" }, { group = "general", tags = { "needs_translation" } } },
  { "pt-BR is Portuguese", person { language = "pt-BR" }, { group = "general", group_from = "default" } },
  { "nothing known of it", person { intent = "refund" }, { group = "billing" } },
  { "nothing known of it, general", person {}, { group = "general", tags = lacks "needs_translation" } },
  { "English, tier 2", person { intent = "how_to", language = "en" }, { group = "tier2" } },
  { "French, not about money: not the team for money", person { language = "fr" }, { group = "general" } },
  { "Yoruba, locked out: security keeps it", person { intent = "account_access", language = "yo" }, { group = "security", tags = lacks "needs_translation" } },
  { "Yoruba, and nobody takes over", conversation { customer "where is it", language = "yo" }, { action = "wait", tags = lacks "needs_translation" } },
  { "a switch after the hand-over: no second ticket", conversation { customer { "hello", language = "en" }, ai "a", customer { "ahora en español por favor", language = "es" }, handoff_id = "h-1" },
    { action = "append", rule = "built-in: the ticket is open" } },
}

-- Everybody's team answers in eight languages, and needs no translator for them.
for _, language in ipairs { "en", "de", "fr", "es", "it", "pt", "nl", "pl" } do
  test("P10 general answers in " .. language) {
    given = person { language = language }, expect = { group = "general", tags = lacks "needs_translation" },
  }
end
