-- finds U0002 test:1
-- The rules load; their test names a word that is not there.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = converstion { customer "x" }, expect = { rule = "late" } }
