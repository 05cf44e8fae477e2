-- finds U0105 3
-- A modifier may change it.
rule "danger" { owner = "ops", risk = "high", when = says "suicide",
  escalate = { reason = "danger", next_step = "Reply." } }
-- === test ===
test "danger" { given = just "x", expect = { rule = "danger" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
