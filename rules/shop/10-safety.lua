-- What no machine should answer, first: it is final, whatever stands below.
rule "legal, fraud or safety" {
  owner       = "legal-ops",
  description = "Lawyers, chargebacks, stolen accounts, a product that hurt somebody.",
  risk        = "high",
  final       = true,
  when        = says {
    "my lawyer", "legal action", "sue you", "consumer protection", "charge back", "chargeback", "someone used my card",
    "account was hacked", "allergic reaction", "caught fire", "injured", "mein anwalt", "verbraucherschutz", "mi abogado",
    "mon avocat",
  },
  escalate    = {
    reason    = "sensitive",
    group     = "legal",
    priority  = "urgent",
    need      = "judgment",
    next_step = "Read the whole conversation before replying; promise nothing.",
  },
}
