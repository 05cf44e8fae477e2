-- finds U0303 3
-- Nobody answers for the rule.
rule "late" { when = says "parcel is late",
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
