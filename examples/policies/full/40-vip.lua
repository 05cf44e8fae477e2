-- P8, the part that does not wait: a VIP in a bad mood gets a human now. What
-- the clock decides stands in 60-clock.lua, behind all that happens at once.

rule "a vip is unhappy" {
  owner       = "vip-desk",
  description = "A VIP whose mood is below -0.3.",
  when        = all { tier "vip", sentiment_below(-0.3) },
  escalate    = {
    reason = "sla_risk", group = "vip", priority = "urgent", need = "callback",
    next_step = "Call {customer.name} within two minutes about: {first_question, 120}",
  },
}
