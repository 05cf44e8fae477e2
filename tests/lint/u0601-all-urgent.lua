-- finds U0601 3
-- Two of four.
rule "a" { owner = "ops", when = says "it burns",
  escalate = { reason = "a", priority = "urgent", next_step = "Reply." } }
rule "b" { owner = "ops", when = says "it smokes",
  escalate = { reason = "b", priority = "urgent", next_step = "Reply." } }
rule "c" { owner = "ops", when = says "it stinks",
  escalate = { reason = "c", next_step = "Reply." } }
rule "d" { owner = "ops", when = says "it leaks",
  escalate = { reason = "d", next_step = "Reply." } }
-- === test ===
test "a" { given = just "x", expect = { rule = "a" } }
test "b" { given = just "x", expect = { rule = "b" } }
test "c" { given = just "x", expect = { rule = "c" } }
test "d" { given = just "x", expect = { rule = "d" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
