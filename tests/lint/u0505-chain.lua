-- finds U0505 4
-- Several .* in a row.
rule "late" { owner = "ops", when = 
  field "note" :matches "parcel.*late.*again",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
