-- finds U0104 3
-- Somebody in danger waits for a timer.
rule "danger" { owner = "ops", risk = "high", wait = "10m", when = says "suicide",
  escalate = { reason = "danger", next_step = "Reply." } }
-- === test ===
test "danger" { given = just "x", expect = { rule = "danger" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
