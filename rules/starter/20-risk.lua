-- Law, safety and security go to people who are trained for them, at once, and
-- no later rule or modifier changes that.
rule "legal, security or safety" {
  owner       = "legal-ops",
  description = "Lawyers, regulators, hacked accounts, danger.",
  risk        = "high",
  final       = true,
  when        = says {
    "my lawyer", "my attorney", "lawsuit", "legal action", "take you to court", "sue you", "ombudsman", "gdpr",
    "data protection authority", "mein anwalt", "rechtsanwalt", "mi abogado", "mon avocat",
    "hacked", "someone logged in", "someone changed my", "account was stolen", "identity theft", "phishing",
    "kill myself", "suicide", "hurt myself",
  },
  escalate    = {
    reason    = "sensitive",
    priority  = "urgent",
    need      = "judgment",
    next_step = "Read the whole conversation before replying; do not repeat personal data to the customer.",
  },
}
