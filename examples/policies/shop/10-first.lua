-- A shop: who asks for a person, and what cannot wait. Groups: service,
-- returns, payments, logistics.
default { group = "service" }
routing {
  { intent = { "return", "exchange" }, group = "returns" },
  { intent = { "payment", "refund" }, group = "payments" },
  { intent = { "delivery", "damaged" }, group = "logistics" },
}

rule "a machine wrote it" {
  owner  = "service",
  when   = automatic(),
  ignore = true,
}

rule "a payment the customer did not make" {
  owner    = "payments",
  risk     = "high",
  final    = true,
  when     = mentions { "takeover", "chargeback" },
  escalate = { reason = "security", group = "payments", priority = "urgent", need = "callback",
               next_step = "Stop open orders of the account, then call back on the number on file." },
}

rule "asked for a person" {
  owner    = "service",
  when     = any { asks_for_human(), accepts_human() },
  escalate = { reason = "customer_request", next_step = "Reply to: {first_question, 120}" },
}
