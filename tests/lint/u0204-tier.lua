-- finds U0204 4
-- A tier that nobody has.
rule "vip" { owner = "ops", when = 
  tier { "vip", "vpi" },
  escalate = { reason = "vip", next_step = "Reply." } }
-- === test ===
test "vip" { given = just "x", expect = { rule = "vip" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
