-- finds U0102 5
-- One branch of any can never hold.
rule "odd" { owner = "ops", when = any {
  says "parcel is late",
  all { tier "vip", tier "free" } },
  escalate = { reason = "odd", next_step = "Reply." } }
-- === test ===
test "odd" { given = just "x", expect = { rule = "odd" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
