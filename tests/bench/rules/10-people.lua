-- People first: who asks for one, and what no machine should answer.
rule "asks for a person" {
  when = any { asks_for_human(), requested_by { "customer_request", "flow" }, accepts_human() },
  escalate = { reason = "customer_request", next_step = "Reply to: {first_question, 120}" },
}
rule "was promised a person" {
  when = ai_says { "i will transfer you", "i will connect you", "a colleague will contact you" },
  escalate = { reason = "promised", next_step = "Keep the promise: {first_question, 120}" },
}
rule "danger" {
  final = true,
  when = says { "kill myself", "suicide", "hurt myself", "end my life" },
  escalate = { reason = "safety", priority = "urgent", next_step = "Call the safety line, then reply." },
}
rule "law" {
  final = true,
  when = says { "my lawyer", "lawsuit", "legal action", "take you to court", "ombudsman", "gdpr" },
  escalate = { reason = "legal", group = "legal", priority = "high", next_step = "Read all of it before replying." },
}
rule "account taken over" {
  final = true,
  when = says { "hacked", "someone logged in", "account was stolen", "identity theft", "phishing" },
  escalate = { reason = "security", group = "security", priority = "urgent", next_step = "Lock the account first." },
}
rule "press" {
  when = says { "journalist", "newspaper", "going to the press" },
  escalate = { reason = "press", next_step = "Pass it to the press office." },
}
