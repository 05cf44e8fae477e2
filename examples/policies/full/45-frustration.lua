-- P4: anger adds up over three turns: four points are a hand-over, two and a
-- half an offer; a mood that falls step by step counts too. Who calms down in
-- the next message is left alone (both words see to that).

rule "the customer is angry" {
  owner       = "support-ops",
  description = "Bad moods, shouting, swearing, leaving: four points in three turns, or a fall of 0.6 over four.",
  when        = any { frustrated(4), falling(0.6, 4) },
  escalate    = {
    reason = "frustration", priority = "high",
    next_step = "Say what went wrong in your own words, then answer: {first_question, 120}",
  },
}

rule "offer a person to somebody annoyed" {
  owner       = "support-ops",
  when        = frustrated(2.5),
  offer       = { message = "I am sorry that this is so tedious. Shall I get you a colleague?" },
}
