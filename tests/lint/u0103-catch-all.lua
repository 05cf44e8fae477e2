-- finds U0103 3
-- Whoever writes lands in the first rule.
rule "everything" { owner = "ops", when = turns(1),
  escalate = { reason = "everything", next_step = "Reply." } }
rule "danger" { owner = "ops", risk = "high", final = true, when = says "suicide",
  escalate = { reason = "danger", next_step = "Reply." } }
-- === test ===
test "everything" { given = just "x", expect = { rule = "everything" } }
test "danger" { given = just "x", expect = { rule = "danger" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
