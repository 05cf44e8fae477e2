-- The AI tried and did not help.
rule "the AI could not resolve it" {
  owner       = "support-ops",
  description = "Two failed attempts, or the session ended without an answer that helped.",
  when        = any {
    failed_attempts(2),
    confidence_below(0.3),
    review_required(),
    all { unresolved(), event "session.ended", failed_attempts(1) },
  },
  escalate    = {
    reason    = "ai_unresolved",
    next_step = "Answer: {first_question, 120}",
  },
}
