-- finds U0304 5
-- The second rule has no test.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
rule "lost" { owner = "ops", when = says "parcel is lost",
  escalate = { reason = "lost", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
