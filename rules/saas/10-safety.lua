-- Security and privacy go to people who are trained for them, at once.
rule "security or privacy" {
  owner       = "security",
  description = "Accounts taken over, data that left the house, requests under data protection law.",
  risk        = "high",
  final       = true,
  when        = says {
    "account was hacked", "someone logged in", "someone changed my", "data breach", "leaked", "phishing", "api key was stolen",
    "delete my data", "data subject", "gdpr", "dsgvo", "loscht meine daten", "my lawyer", "legal action",
  },
  escalate    = {
    reason    = "security",
    group     = "security",
    priority  = "urgent",
    need      = "judgment",
    next_step = "Lock what must be locked, then reply; repeat no personal data.",
  },
}
