-- finds U0208 3
-- A helpdesk that is not there.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", helpdesk = "dsk", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { "support" }
helpdesk "desk" { adapter = "desk" }
