-- finds U0109 4
-- The second list holds the first.
rule "money" { owner = "ops", when = any {
  says { "my refund" },
  says { "refund", "chargeback" } },
  escalate = { reason = "money", next_step = "Reply." } }
-- === test ===
test "money" { given = just "x", expect = { rule = "money" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
