-- A software service: what is about trust goes first, and is final. Groups:
-- support, engineering, security, billing, success.
default { group = "support" }
routing {
  { intent = { "bug", "outage", "api" }, tier = { "enterprise" }, group = "engineering" },
  { intent = { "bug", "api" }, group = "support" },
  { intent = { "invoice", "plan_change", "cancellation" }, group = "billing" },
}

rule "security or a leak" {
  owner    = "security",
  risk     = "high",
  final    = true,
  when     = any { mentions "takeover", says { "vulnerability", "security issue", "data breach", "leaked" }, intent "security" },
  escalate = { reason = "security", group = "security", priority = "urgent", need = "investigate",
               next_step = "Follow the incident guide; answer by phone, not in the chat." },
}

rule "personal data or the law" {
  owner    = "legal",
  risk     = "high",
  final    = true,
  when     = mentions { "privacy", "legal" },
  escalate = { reason = "legal", priority = "high", next_step = "Forward it to legal; the customer hears from them within 30 days." },
}

rule "asked for a person" {
  owner    = "support",
  when     = any { asks_for_human(), accepts_human(), asks_for_human("vague", { times = 2 }) },
  escalate = { reason = "customer_request", next_step = "Reply to: {first_question, 120}" },
}
