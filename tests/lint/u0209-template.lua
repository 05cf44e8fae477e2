-- finds U0209 3
-- field for fields.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", subject = "Order {field.order_number}", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
