-- finds U0101 7
-- Two earlier rules together take all that this one matches.
rule "invoices" { owner = "ops", when = intent { "invoice", "vat" },
  escalate = { reason = "invoices", next_step = "Reply." } }
rule "stuck" { owner = "ops", when = failed_attempts(2),
  escalate = { reason = "stuck", next_step = "Reply." } }
rule "both" { owner = "ops", when = any { intent "vat", all { failed_attempts(3), says "parcel" } },
  escalate = { reason = "both", next_step = "Reply." } }
-- === test ===
test "both" { given = just "x", expect = { rule = "both" } }
test "invoices" { given = just "x", expect = { rule = "invoices" } }
test "stuck" { given = just "x", expect = { rule = "stuck" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
