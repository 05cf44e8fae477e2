-- finds U0505 4
-- A repetition of a repetition.
rule "late" { owner = "ops", when = 
  matches "(\\w+\\s?)+late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
