local function just(text) return conversation { customer(text) } end
test "a lawyer" { given = just "my lawyer", expect = { rule = "danger", group = "support" } }
test "a refund of 500" {
  given  = conversation { customer "refund", fields = { value = 500, note = "x" } },
  expect = { reason = "refund" },
}
test "of 499" { given = conversation { customer "refund", fields = { value = 499, note = "x" } }, expect = { action = "keep" } }
