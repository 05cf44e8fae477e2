-- finds U0108 5
-- The modifier wants a channel that the rules exclude.
rule "mail" { owner = "ops", when = channel "email",
  escalate = { reason = "mail", next_step = "Reply." } }
modifier "chat" { when = channel "chat", change = { priority = "high" } }
-- === test ===
test "mail" { given = just "x", expect = { rule = "mail" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
