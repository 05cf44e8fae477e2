-- finds U0205 4
-- A calendar of another name.
rule "night" { owner = "ops", when = 
  closed "ofice",
  escalate = { reason = "night", next_step = "Reply." } }
-- === test ===
test "night" { given = just "x", expect = { rule = "night" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
