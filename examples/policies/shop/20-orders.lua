-- Orders: what arrived broken or not at all, what goes back, what costs much.
slot "order_number" { title = "order number", ask = "What is your order number? It stands in our mail, like AB123456.", pattern = "^%u%u%d%d%d%d%d%d$" }
slot "photo_sent" { title = "photo", ask = "Can you send us a photo of the damage? (yes or no)", one_of = { "yes", "no" } }

rule "arrived broken" {
  owner    = "logistics",
  when     = any { intent "damaged", says { "arrived broken", "arrived damaged", "is broken", "smashed" } },
  collect  = { "order_number", "photo_sent" },
  escalate = { reason = "damaged", group = "logistics", priority = "high", tags = { "damaged" },
               next_step = "Send a replacement for order {fields.order_number}; photo: {fields.photo_sent}." },
}

rule "did not arrive in two weeks" {
  owner    = "logistics",
  when     = all { intent "delivery", field "shipped_days" :at_least(14) },
  collect  = { "order_number" },
  escalate = { reason = "lost_parcel", need = "investigate", next_step = "Ask the carrier about order {fields.order_number}." },
}

rule "a large refund" {
  owner    = "payments",
  when     = all { intent "refund", amount { field = "order_value_minor", table = { EUR = 1, USD = 0.92, GBP = 1.16 }, default = "EUR" }:at_least(200) },
  collect  = { "order_number" },
  escalate = { reason = "refund", need = "approval", priority = "high", next_step = "Approve or decline the refund of order {fields.order_number}." },
}

-- The AI answers how returns work; a second question about it is a human's.
rule "a return that is not clear" {
  owner    = "returns",
  when     = all { intent { "return", "exchange" }, any { repeats(2), failed_attempts(1) } },
  escalate = { reason = "return", next_step = "Send the label for {fields.order_number}, and answer: {first_question, 120}" },
}
