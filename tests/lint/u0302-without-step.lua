-- finds U0302 3
-- A hand-over without a next step.
rule "late" { owner = "ops", when = says "late parcel", escalate = { reason = "late" } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
