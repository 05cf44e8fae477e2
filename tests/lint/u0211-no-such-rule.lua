-- finds U0211 test:3
-- The rule was renamed, the test was not.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
test "not a refund" { given = just "x", expect = { rule = "lat" } }
