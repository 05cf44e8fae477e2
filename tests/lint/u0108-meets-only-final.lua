-- finds U0108 5
-- The only rule is final.
rule "danger" { owner = "ops", final = true, when = says "suicide",
  escalate = { reason = "danger", next_step = "Reply." } }
modifier "night" { when = closed "office", change = { timing = "next_open" } }
-- === test ===
test "danger" { given = just "x", expect = { rule = "danger" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
