-- Money, and customers who think of leaving.
rule "a large account wants to leave" {
  owner    = "success",
  when     = all { any { intent "cancellation", says { "cancel our plan", "cancel my plan", "switch to another" } }, field "seats" :at_least(50) },
  escalate = { reason = "churn_risk", group = "success", priority = "high", need = "callback", next_step = "Call {customer.name} today; {fields.seats} seats." },
}

rule "an invoice is wrong" {
  owner    = "billing",
  when     = all { intent { "invoice", "plan_change" }, says { "wrong", "twice", "too much", "refund", "credit" } },
  escalate = { reason = "invoice", need = "approval", next_step = "Compare plan and invoice {fields.invoice_number}." },
}

rule "offer a person" {
  owner = "support",
  when  = any { asks_for_human "vague", frustrated(2.5), repeats(2) },
  offer = { message = "Shall I get you somebody from our team?" },
}

-- Enterprise customers are one step more urgent, whatever it is.
local steps = { low = "normal", normal = "high", high = "urgent", urgent = "urgent" }
modifier "enterprise: one step up" {
  when   = all { decided { action = "escalate" }, tier "enterprise" },
  change = { priority = function(_, d) return steps[d.priority] end, tags = { "enterprise" } },
}

budget "support" { groups = { "support" }, rate = "20/h", burst = 8, exempt_tiers = { "enterprise" } }
