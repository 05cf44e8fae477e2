-- finds U0202 4
-- An intent of no catalogue.
rule "refund" { owner = "ops", when = 
  intent { "refnd" },
  escalate = { reason = "refund", next_step = "Reply." } }
-- === test ===
test "refund" { given = just "x", expect = { rule = "refund" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
