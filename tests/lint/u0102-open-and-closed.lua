-- finds U0102 3
-- The same calendar, open and closed.
rule "never" { owner = "ops", when = all { open "office", closed "office" },
  escalate = { reason = "never", next_step = "Reply." } }
-- === test ===
test "never" { given = just "x", expect = { rule = "never" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
