-- P12: how many hand-overs a team takes: ten at once, thirty an hour; and when
-- more than 35 % of the conversations of two hours went to people, something is
-- wrong with the AI or with these rules. Beyond it the customer is offered a
-- place in the queue and is never dropped. What is about safety, law, security,
-- a direct request, or a VIP is never held back.

local exempt = { "safety", "legal", "security", "privacy", "chargeback", "customer_request", "takeover", "error" }

for _, group in ipairs { "general", "billing", "billing_es", "billing_fr", "billing_senior", "tier2", "tier2_de" } do
  budget("hand-overs to " .. group) {
    groups       = { group },
    rate         = "30/h",
    burst        = 10,
    exempt       = exempt,
    exempt_tiers = { "vip" },
  }
end

budget "a third of the conversations" {
  share        = "35%",
  sessions     = 50,
  within       = "2h",
  exempt       = exempt,
  exempt_tiers = { "vip" },
  -- Who would only be offered a person is told where help is.
  help         = {
    en = "Our team is very busy. Most questions are answered here: https://help.shop.example. Or write \"a person, please\".",
    de = "Unser Team ist gerade sehr beschäftigt. Die meisten Fragen beantwortet: https://help.shop.example/de. Oder schreiben Sie: \"einen Menschen, bitte\".",
    es = "Nuestro equipo está muy ocupado. Aquí se responden casi todas las preguntas: https://help.shop.example/es. O escriba: \"una persona, por favor\".",
  },
}
