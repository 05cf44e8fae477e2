-- finds U0401 3
-- Waits two hours, promised one.
rule "stuck" { owner = "ops", wait = "2h", when = failed_attempts(2),
  escalate = { reason = "stuck", next_step = "Reply." } }
-- === test ===
test "stuck" { given = just "x", expect = { rule = "stuck" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { support = { calendar = "office" } }
fields { "order_value", "order_number" }
intents { "refund", "invoice" }
tiers { "free", "vip" }
calendar "office" { zone = "Europe/Berlin", weekly = { mon = { { "09:00", "17:00" } } } }
sla { normal = "1h" }
