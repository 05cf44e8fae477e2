-- P16: what is no customer, and loops. They come first: whatever is ignored
-- here opens no ticket and gets no answer.

rule "a machine wrote it" {
  owner       = "support-ops",
  description = "Automatic replies, bulk mail and spam, by their headers or their subject.",
  when        = automatic(),
  ignore      = true,
}

rule "from our own house" {
  owner       = "support-ops",
  description = "Mail from our own domains, and our own notifications that came back.",
  when        = any {
    attribute "sender_domain" :one_of(list "own-domains.txt"),
    attribute "subject" :matches("\\[usher:[0-9a-z]+\\]"),
    attribute "in_reply_to" :matches("@usher\\.shop\\.example>?$"),
  },
  ignore      = true,
}

rule "nothing was said" {
  owner       = "support-ops",
  description = "The conversation opens with an empty message or emoji alone.",
  when        = empty_opening(),
  ignore      = true,
}

-- The source counts; from the fourth in an hour on we look for the loop. A
-- person in danger is still helped, however often they were handed over.
rule "handed over again and again" {
  owner       = "support-ops",
  description = "More than three hand-overs of one customer within an hour: a loop, and nobody's fault but ours.",
  when        = all {
    attribute "handoffs_last_hour" :at_least(3),
    none { mentions { "self_harm", "threat", "medical" } },
  },
  notify      = { reason = "handoff_loop", tags = { "loop" }, notifiers = { "operations" } },
}
