-- finds U0207 3
-- A tag that is not there.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", tags = { "refnd" }, next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { "support" }
tags { "refund" }
