-- finds U0210 4
-- An event that never comes.
rule "end" { owner = "ops", when = 
  event "session.end",
  escalate = { reason = "end", next_step = "Reply." } }
-- === test ===
test "end" { given = just "x", expect = { rule = "end" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
