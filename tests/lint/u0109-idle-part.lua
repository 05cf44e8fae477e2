-- finds U0109 5
-- Two attempts are enough: four add nothing.
rule "stuck" { owner = "ops", when = any {
  failed_attempts(2),
  failed_attempts(4) },
  escalate = { reason = "stuck", next_step = "Reply." } }
-- === test ===
test "stuck" { given = just "x", expect = { rule = "stuck" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
