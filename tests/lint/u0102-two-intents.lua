-- finds U0102 5
-- A conversation has one intent.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
rule "never" { owner = "ops", when = all { intent "refund", intent "invoice" },
  escalate = { reason = "never", next_step = "Reply." } }
-- === test ===
test "never" { given = just "x", expect = { rule = "never" } }
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
