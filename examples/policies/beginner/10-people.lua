-- Five rules without any programming: a rule is a table of data. Under `when`
-- stands what must be true (all of it); under `escalate`, what happens then.

rule "asked for a person" {
  owner    = "support",
  when     = { asks_for_human = true },
  escalate = { reason = "customer_request", next_step = "Reply to: {first_question}" },
}

rule "wants money back" {
  owner    = "support",
  when     = { says = { "refund", "money back", "charged twice" } },
  escalate = { reason = "refund", group = "billing", priority = "high",
               next_step = "Look up order {fields.order_number}, then approve or decline." },
}

rule "talks of a lawyer" {
  owner    = "support",
  when     = { mentions = "legal" },
  final    = true,
  escalate = { reason = "legal", group = "legal", priority = "urgent", next_step = "Do not reply before legal has read it." },
}

-- any: one of them is enough.
rule "the AI does not get further" {
  owner    = "support",
  when     = { any = { failed_attempts = 2, repeats = 3, sentiment_below = -0.6 } },
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question}" },
}

-- none: nothing of this may be true.
rule "a large order needs a person" {
  owner    = "support",
  when     = { field = { order_value_minor = { at_least = 50000 } }, none = { thanks = true } },
  escalate = { reason = "large_order", group = "billing", next_step = "Go through the order with the customer." },
}
