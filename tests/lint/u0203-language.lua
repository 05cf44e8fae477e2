-- finds U0203 4
-- Languages are codes.
rule "german" { owner = "ops", when = 
  language "german",
  escalate = { reason = "german", next_step = "Reply." } }
-- === test ===
test "german" { given = just "x", expect = { rule = "german" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
