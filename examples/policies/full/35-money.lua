-- P5: money back. Small amounts are the AI's, the rest goes by what it is worth
-- in euros. The AI asks for order number and payment date first (P11).

local team = require "00-team"

local value = amount { field = "order_value_minor", currency = "currency", table = team.worth, default = "EUR" }
local about_refund = intent { "refund", "billing_dispute", "invoice" }
local details = { "order_number", "payment_date" }
local approve = "Check order {fields.order_number} of {fields.payment_date}, then approve or decline the refund."

rule "charged twice" {
  owner       = "billing-ops",
  description = "Whatever it is worth, it is our mistake.",
  when        = intent "duplicate_charge",
  escalate    = {
    reason = "duplicate_charge", group = "billing", priority = "high", need = "approval", tags = { "refund" },
    next_step = "Compare the two charges of order {fields.order_number} and give the second back.",
  },
}

rule "refund of 5000 and more" {
  owner       = "finance",
  description = "The finance lead sees it too.",
  when        = all { about_refund, value:at_least(5000) },
  collect     = details,
  escalate    = { reason = "refund", group = "billing_senior", priority = "urgent", need = "approval",
                  tags = { "refund", "finance-lead" }, notifiers = { "finance_lead" }, next_step = approve },
}

rule "refund of 500 and more" {
  owner       = "billing-ops",
  when        = all { about_refund, value:at_least(500) },
  collect     = details,
  escalate    = { reason = "refund", group = "billing_senior", priority = "high", need = "approval", tags = { "refund" }, next_step = approve },
}

rule "refund of 50 and more" {
  owner       = "billing-ops",
  when        = all { about_refund, value:at_least(50) },
  collect     = details,
  escalate    = { reason = "refund", group = "billing", priority = "normal", need = "approval", tags = { "refund" }, next_step = approve },
}

rule "the third refund in three months" {
  owner       = "billing-ops",
  description = "Small ones too, when there are many.",
  when        = all { about_refund, field "refund_count_90d" :at_least(3) },
  collect     = details,
  escalate    = { reason = "refund", group = "billing", priority = "normal", need = "approval", tags = { "refund", "refund-often" }, next_step = approve },
}

-- Under 50 the AI goes on; what an order is worth when nobody knows, a human
-- finds out.
rule "refund of an unknown value" {
  owner       = "billing-ops",
  description = "No value, or in a currency that the table lacks.",
  when        = all { intent "refund", value:missing() },
  collect     = details,
  escalate    = { reason = "refund", group = "billing", priority = "normal", need = "approval", tags = { "refund" }, next_step = approve },
}
