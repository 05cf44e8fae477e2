-- finds U0001 7
-- A comma is missing.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
rule "broken" {
  owner = "ops"
  when = says "lost parcel", keep = true }
