-- P5: refunds by what they are worth.
local function refund(minor, more)
  local t = more or {}
  t[1] = customer "I want my money back"
  t.intent = t.intent or "refund"
  t.fields = t.fields or {}
  t.fields.order_number, t.fields.payment_date = t.fields.order_number or "AB123456", "2026-11-03"
  t.fields.order_value_minor = minor
  return conversation(t)
end
local the_ai_goes_on = { action = "wait" }

cases "P5 billing and refund value" {
  { "49.99", refund(4999), the_ai_goes_on },
  { "50.00", refund(5000), { action = "escalate", group = "billing", priority = "normal", need = "approval" } },
  { "499.99", refund(49999), { group = "billing", priority = "normal" } },
  { "500.00", refund(50000), { group = "billing_senior", priority = "high" } },
  { "4999.99: nobody is told besides", refund(499999), function(d) return d.group == "billing_senior" and d.priority == "high" and d.notifiers == nil end },
  { "5000.00", refund(500000), { group = "billing_senior", priority = "urgent", tags = { "refund", "finance-lead" }, notifiers = { "finance_lead" } } },
  { "JPY 7500 is 46.50", refund(7500, { fields = { currency = "JPY" } }), the_ai_goes_on },
  { "JPY 8100 is 50.22", refund(8100, { fields = { currency = "JPY" } }), { group = "billing" } },
  { "USD 540 is 496.80", refund(54000, { fields = { currency = "USD" } }), { group = "billing", priority = "normal" } },
  { "order value missing: the order number is asked for, then a human", conversation { customer "I want my money back", intent = "refund" },
    { action = "collect", rule = "refund of an unknown value", message = "What is your order number? It looks like AB123456." } },
  { "order value missing, details known", refund(nil), { action = "escalate", group = "billing", priority = "normal" } },
  { "an order of nothing is worth 0.00, which is known", refund(0), the_ai_goes_on },
  { "a currency that the table lacks", refund(100, { fields = { currency = "XAU" } }), { action = "escalate", rule = "refund of an unknown value" } },
  { "third refund, though 10.00", refund(1000, { fields = { refund_count_90d = 3 } }), { action = "escalate", group = "billing", priority = "normal", rule = "the third refund in three months" } },
  { "second refund of 10.00", refund(1000, { fields = { refund_count_90d = 2 } }), the_ai_goes_on },
  { "\"is this shirt refundable?\"", conversation { customer "is this shirt refundable?", intent = "product_info" }, { action = "wait" } },
  { "charged twice, though 10.00", refund(1000, { intent = "duplicate_charge" }), { action = "escalate", group = "billing", priority = "high", reason = "duplicate_charge" } },
  { "a disputed bill of 60", refund(6000, { intent = "billing_dispute" }), { group = "billing" } },
  { "a bill of 60 that is questioned", refund(6000, { intent = "invoice" }), { group = "billing", rule = "refund of 50 and more" } },
  { "an order of 6000, and nobody wants money", refund(600000, { intent = "delivery" }), the_ai_goes_on },
  { "an order of 600, and nobody wants money", refund(60000, { intent = "delivery" }), the_ai_goes_on },
  { "an order of 60, and nobody wants money", refund(6000, { intent = "delivery" }), the_ai_goes_on },
  { "three refunds before, and nobody wants money", refund(1000, { intent = "delivery", fields = { refund_count_90d = 3 } }), the_ai_goes_on },
  { "chargeback is not here", refund(500000, { intent = "chargeback" }), { reason = "chargeback" } },
  { "the next step names the order", refund(5000), { next_step = "Check order AB123456 of 2026-11-03, then approve or decline the refund." } },
}
