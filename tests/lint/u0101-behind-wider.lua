-- finds U0101 5
-- The narrower rule stands behind the wider one.
rule "refund" { owner = "ops", when = says { "refund", "money back" },
  escalate = { reason = "refund", next_step = "Reply." } }
rule "large refund" { owner = "ops", when = all { says "my refund", field "value" :at_least(500) },
  escalate = { reason = "large refund", next_step = "Reply." } }
-- === test ===
test "large refund" { given = just "x", expect = { rule = "large refund" } }
test "refund" { given = just "x", expect = { rule = "refund" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
