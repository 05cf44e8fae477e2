-- finds U0402 config:2
-- Hours are promised that nobody works.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { "support" }
sla { normal = "4h" }
