-- P3: the same question again. Three times is a hand-over, two an offer.

rule "the same question three times" {
  owner       = "support-ops",
  description = "Three of the newest six turns ask the same, in words or by intent.",
  when        = repeats(3),
  escalate    = {
    reason = "repeated_question", priority = "normal",
    next_step = "The AI's answer did not fit. Answer: {first_question, 120}",
  },
}

rule "offer a person to somebody who asks again" {
  owner       = "support-ops",
  when        = repeats(2),
  offer       = { message = "It seems that my answer did not help. Shall I get you a colleague?" },
}
