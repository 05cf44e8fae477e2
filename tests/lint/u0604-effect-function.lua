-- finds U0604 3
-- Nobody can see what it gives.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", priority = function(c) return c.fields.vip and "high" or "low" end, next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
