-- finds U0102 3
-- At least 500 and at most 100.
rule "never" { owner = "ops", when = all { field "value" :at_least(500), field "value" :at_most(100) },
  escalate = { reason = "never", next_step = "Reply." } }
-- === test ===
test "never" { given = just "x", expect = { rule = "never" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
