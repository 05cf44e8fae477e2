-- finds U0503 4
-- Equal once folded.
rule "late" { owner = "ops", when = 
  says { "Verspätung", "verspatung" },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
