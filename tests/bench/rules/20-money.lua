-- Money: what was charged, what is wanted back, what is worth much.
local function to_billing(reason, next_step)
  return { reason = reason, group = "billing", tags = { "billing" }, need = "approval", next_step = next_step }
end

rule "charge disputed" {
  when = any {
    intent { "billing_dispute", "chargeback", "duplicate_charge" },
    says { "charged twice", "double charged", "unauthorized charge", "overcharged", "dispute the charge" },
  },
  escalate = to_billing("billing_dispute", "Check the charge for order {fields.order_number}."),
}
rule "refund the AI could not give" {
  when = all { says { "refund", "money back", "reimburse" }, failed_attempts(1) },
  escalate = to_billing("refund", "Approve or decline the refund of order {fields.order_number}."),
}
rule "large order in trouble" {
  when = all { intent { "order_problem", "damaged_item" }, field "order_value_minor" :at_least(50000) },
  escalate = to_billing("large_order", "Call the customer about order {fields.order_number}."),
}
rule "invoice with a tax number" {
  when = all { says { "invoice", "vat" }, matches "\\b[A-Z]{2}[0-9]{9,11}\\b" },
  escalate = to_billing("tax", "Correct the invoice."),
}
rule "wants to leave" {
  when = says_now { "cancel my contract", "close my account", "cancel my subscription" },
  escalate = { reason = "retention", group = "retention", next_step = "Ask why, then offer what fits the plan." },
}
rule "enterprise, not helped" {
  when = all { attribute "plan" :is("enterprise"), failed_attempts(1) },
  escalate = { reason = "enterprise", priority = "high", next_step = "Answer: {first_question, 120}" },
}
