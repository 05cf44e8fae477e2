-- finds U0501 5
-- Two letters.
rule "late" { owner = "ops", when = any {
  failed_attempts(2),
  says_now { "pc" } },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
