-- finds U0107 5
-- A modifier without a change.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
modifier "night" { when = closed "office", change = {} }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
