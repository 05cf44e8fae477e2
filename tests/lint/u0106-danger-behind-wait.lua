-- finds U0106 5
-- A rule that waits can take it first.
rule "stuck" { owner = "ops", wait = "10m", when = failed_attempts(2),
  escalate = { reason = "stuck", next_step = "Reply." } }
rule "danger" { owner = "ops", risk = "high", final = true, when = says "suicide",
  escalate = { reason = "danger", next_step = "Reply." } }
-- === test ===
test "danger" { given = just "x", expect = { rule = "danger" } }
test "stuck" { given = just "x", expect = { rule = "stuck" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
