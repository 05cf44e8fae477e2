-- finds U0212 3
-- The desk keeps tickets.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", helpdesk = "desk", as = "conversation", next_step = "Reply." } }
rule "lost" { owner = "ops", when = says "parcel is lost",
  escalate = { reason = "late", as = "ticket", next_step = "Reply." } }
-- === test ===
test "late" { given = just "parcel is late", expect = { rule = "late" } }
test "lost" { given = just "parcel is lost", expect = { rule = "lost" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { "support" }
helpdesk "desk" { adapter = "desk" }
