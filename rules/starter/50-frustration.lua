-- A customer who is angry three times over is not helped by a machine.
rule "the customer is frustrated" {
  owner       = "support-ops",
  description = "Anger in the last three messages: words, capitals, sentiment.",
  when        = any { frustrated(4, { anger = 2 }), sentiment_below(-0.7), repeats(3) },
  escalate    = {
    reason    = "frustration",
    priority  = "high",
    next_step = "Acknowledge what went wrong, then answer: {first_question, 120}",
  },
}
