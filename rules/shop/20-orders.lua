-- Orders: money first, then parcels. field "order_value_minor" is in cents.
rule "refund of a large order" {
  owner       = "billing-ops",
  description = "From 500.00 on a person decides about the money.",
  when        = all { says { "refund", "money back", "return it", "geld zuruck", "reembolso", "remboursement" },
                      field "order_value_minor" :at_least(50000) },
  escalate    = {
    reason    = "large_refund",
    group     = "billing",
    priority  = "high",
    need      = "approval",
    tags      = { "refund" },
    next_step = "Check order {fields.order_number}, then approve or decline the refund.",
  },
}

rule "parcel lost or damaged" {
  owner       = "logistics",
  description = "The carrier has to be asked.",
  when        = says {
    "parcel is lost", "package is lost", "never arrived", "never delivered", "marked as delivered", "arrived broken",
    "arrived damaged", "nicht angekommen", "kaputt angekommen", "no ha llegado", "jamais arrive",
  },
  escalate    = {
    reason    = "delivery",
    need      = "investigate",
    tags      = { "delivery" },
    next_step = "Open a search with the carrier for order {fields.order_number}.",
  },
}
