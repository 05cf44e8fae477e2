-- examples/policies/beginner as Lua instead of data: the same five rules with
-- words, and with a function where one is enough. tests/cli/83-rows.sh compares
-- what the two decide.

local thanked = thanks()

rule "asked for a person" {
  owner    = "support",
  when     = asks_for_human(),
  escalate = { reason = "customer_request", next_step = "Reply to: {first_question}" },
}

rule "wants money back" {
  owner    = "support",
  when     = says { "refund", "money back", "charged twice" },
  escalate = { reason = "refund", group = "billing", priority = "high",
               next_step = "Look up order {fields.order_number}, then approve or decline." },
}

rule "talks of a lawyer" {
  owner    = "support",
  when     = mentions "legal",
  final    = true,
  escalate = { reason = "legal", group = "legal", priority = "urgent", next_step = "Do not reply before legal has read it." },
}

rule "the AI does not get further" {
  owner    = "support",
  when     = any { failed_attempts(2), repeats(3), sentiment_below(-0.6) },
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question}" },
}

rule "a large order needs a person" {
  owner    = "support",
  when     = all {
    function(c)
      local value = c.fields and tonumber(c.fields.order_value_minor)
      return value ~= nil and value >= 50000
    end,
    none { thanked },
  },
  escalate = { reason = "large_order", group = "billing", next_step = "Go through the order with the customer." },
}
