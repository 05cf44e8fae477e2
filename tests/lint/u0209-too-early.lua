-- finds U0209 3
-- The ticket has no number yet when its subject is made.
rule "late" { owner = "ops", when = says "parcel is late",
  escalate = { reason = "late", subject = "Ticket {ticket.id}", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
