-- finds U0003 3
-- The owner was added; the allowance stayed.
-- usher: allow U0303 because the desk had no name yet
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
