-- finds U0504 4
-- The longer phrase adds nothing.
rule "late" { owner = "ops", when = 
  says { "parcel is late", "my parcel is late" },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
