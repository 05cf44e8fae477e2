-- P6: law, security, accounts, personal data.
local function said(text, more)
  local t = more or {}
  t[1] = customer(text)
  return conversation(t)
end

cases "P6 legal, security, account" {
  { "\"my lawyer will contact you\"", said "my lawyer will contact you", { reason = "legal", group = "legal_ops", priority = "high", final = true } },
  { "a lawyer who wants to sign up", said("I am a lawyer and want to sign up", { intent = "sales" }), { action = "wait" } },
  { "\"someone changed my e-mail\": urgent, nothing is asked", said("someone changed my e-mail", { intent = "refund" }),
    { action = "escalate", reason = "security", group = "security", priority = "urgent", need = "callback", final = true } },
  { "\"delete my account data\"", said "please delete my account data", { reason = "privacy", group = "privacy", priority = "normal" } },
  { "privacy: the thirty days stand in the next step", said "please delete my account data", { next_step = "Check who is asking, and answer within 30 days of this message." } },
  { "\"I'll charge back\"", said "I'll charge back this payment", { reason = "chargeback", group = "billing_senior", priority = "high" } },
  { "German \"Anwalt\"", said("Sie hören von meinem Anwalt", { language = "de" }), { reason = "legal", group = "legal_ops" } },
  { "both legal and refund: legal wins, refund stays as a tag", said("I want a refund or you hear from my lawyer", { intent = "refund" }),
    { reason = "legal", group = "legal_ops", tags = { "legal", "refund" } } },
  { "no refund, no tag", said "my lawyer will contact you", { tags = lacks "refund" } },
  { "phishing", said "I got a phishing mail in your name", { reason = "security" } },
  { "by intent", said("please look", { intent = "security_incident" }), { reason = "security", priority = "urgent" } },
  { "locked out", said("I cannot get in", { intent = "account_access" }), { reason = "account_access", group = "security", priority = "high" } },
  { "the press", said "I am a journalist and ask for a statement", { reason = "press", group = "communications", priority = "high" } },
  { "not held back by hours or language", said("mi abogado les escribirá", { language = "es", attributes = { hours = "closed" } }), { group = "legal_ops", group_from = "rule", tags = { "legal" } } },
  { "not in a ticket that is open", said("my lawyer will contact you", { intent = "refund", customer_id = "c1",
    attributes = { last_ticket_id = "7", last_ticket_intent = "refund", last_ticket_state = "open" } }), { reason = "legal", group = "legal_ops" } },
  { "and before a wish for a person", said "a real person or my lawyer", { reason = "legal" } },
}
