-- Money in dispute is for people who may decide about money.
rule "billing dispute" {
  owner       = "billing-ops",
  description = "A charge is disputed, or money is wanted back and the AI did not settle it.",
  when        = any {
    intent { "billing_dispute", "duplicate_charge", "chargeback" },
    says { "charged twice", "double charged", "charged me twice", "unauthorized charge", "did not authorize",
           "dispute this charge", "dispute the charge", "overcharged", "wrong amount", "charge back", "chargeback",
           "doppelt abgebucht", "me han cobrado dos veces" },
  },
  escalate    = {
    reason    = "billing_dispute",
    need      = "approval",
    tags      = { "billing" },
    next_step = "Check the charge for order {fields.order_number}, then approve or decline.",
  },
}
