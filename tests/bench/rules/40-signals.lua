-- Signals: how it goes, not what it is about.
rule "AI unsure" {
  when = any { confidence_below(0.3), review_required() },
  escalate = { reason = "low_confidence", next_step = "Answer: {first_question, 120}" },
}
rule "tried twice" {
  when = any { failed_attempts(2), all { unresolved(), event "session.ended" } },
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question, 120}" },
}
rule "angry" {
  when = any { sentiment_below(-0.6), frustrated(4) },
  escalate = { reason = "frustration", priority = "high", next_step = "Acknowledge what went wrong, then answer." },
}
rule "says it again and again" {
  when = repeats(3),
  escalate = { reason = "repeats", next_step = "Answer: {first_question, 120}" },
}
rule "long on the phone" {
  when = all { channel { "voice_transcript", "sms" }, turns(12), none { handed_over() } },
  escalate = { reason = "long", next_step = "Take over." },
}
rule "gold, left open" {
  when = all { tier "gold", event "session.ended", unresolved() },
  escalate = { reason = "gold", priority = "high", next_step = "Answer: {first_question, 120}" },
}
