-- finds U0301 3
-- A hand-over without a reason.
rule "late" { owner = "ops", when = says "late parcel", escalate = { next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
