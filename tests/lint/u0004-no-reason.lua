-- finds U0004 3
-- An exception must say why.
-- usher: allow U0305
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
