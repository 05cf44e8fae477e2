-- finds U0603 3
-- Nobody can see into it.
rule "long" { owner = "ops", when = function(c) return c.turn_count > 7 end,
  escalate = { reason = "long", next_step = "Reply." } }
-- === test ===
test "long" { given = just "x", expect = { rule = "long" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
