-- finds U0201 4
-- A letter is in the wrong place.
rule "large" { owner = "ops", when = 
  field "order_vlaue" :at_least(500),
  escalate = { reason = "large", next_step = "Reply." } }
-- === test ===
test "large" { given = just "x", expect = { rule = "large" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
