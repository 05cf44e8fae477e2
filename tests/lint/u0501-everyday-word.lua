-- finds U0501 4
-- Every second customer says it.
rule "late" { owner = "ops", when = 
  says { "parcel is late", "order" },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
