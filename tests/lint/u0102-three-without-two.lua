-- finds U0102 3
-- Three attempts, but not two.
rule "never" { owner = "ops", when = all { failed_attempts(3), none { failed_attempts(2) } },
  escalate = { reason = "never", next_step = "Reply." } }
-- === test ===
test "never" { given = just "x", expect = { rule = "never" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
