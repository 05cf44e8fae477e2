-- finds U0212 4
-- Whichever helpdesk it goes to.
rule "late" { owner = "ops", when = says "parcel is late", escalate = { reason = "late", next_step = "Reply." } }
modifier "as a chat" { when = says "chat", change = { as = "conversation" } }
-- === test ===
test "late" { given = just "parcel is late", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === config ===
groups { "support" }
helpdesk "desk" { adapter = "desk" }
