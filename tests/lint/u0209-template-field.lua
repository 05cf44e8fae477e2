-- finds U0209 3
-- A field of no configuration.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", subject = "Order {fields.order_numbr}", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
