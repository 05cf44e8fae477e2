-- P6: law, stolen accounts, personal data, the press, money taken back over the
-- bank. At once and final: no offer, no question, no waiting, no budget. A
-- refund that is mentioned beside it stays visible as a tag.

local function also(tag)
  return function(c)
    local tags = { tag }
    if c.intent and c.intent.name == "refund" then tags[2] = "refund" end
    for _, message in ipairs(c.messages) do
      if message.role == "customer" and message.text:lower():find("refund", 1, true) then tags[2] = "refund" end
    end
    return tags
  end
end

rule "a lawyer or a court" {
  owner       = "legal-ops",
  description = "Lawyers, lawsuits, regulators. Somebody who is a lawyer and wants to buy is a customer.",
  risk        = "high",
  final       = true,
  when        = all { mentions "legal", none { intent "sales" } },
  escalate    = {
    reason = "legal", group = "legal_ops", priority = "high", need = "judgment", tags = also "legal",
    next_step = "Promise nothing and admit nothing; send the whole conversation to legal before anybody answers.",
  },
}

-- No personal data is said back to whoever sits in the account now, and nothing
-- is asked: they are called back on the number that is on file.
rule "somebody else is in the account" {
  owner       = "security",
  description = "Hacked accounts, changed e-mail addresses, phishing, payments the customer did not make.",
  risk        = "high",
  final       = true,
  when        = any { mentions "takeover", intent "security_incident" },
  escalate    = {
    reason = "security", group = "security", priority = "urgent", need = "callback", tags = also "takeover",
    next_step = "Lock the account, then call back on the number on file. Say no personal data in the chat.",
  },
}

rule "personal data" {
  owner       = "privacy",
  description = "Delete my data, show me my data: the law gives us thirty days.",
  risk        = "high",
  final       = true,
  when        = mentions "privacy",
  escalate    = {
    reason = "privacy", group = "privacy", priority = "normal", tags = also "privacy",
    next_step = "Check who is asking, and answer within 30 days of this message.",
  },
}

rule "money taken back over the bank" {
  owner       = "billing-ops",
  description = "Chargebacks and disputes with the bank: they have a deadline that is not ours.",
  risk        = "high",
  final       = true,
  when        = any { mentions "chargeback", intent "chargeback" },
  escalate    = {
    reason = "chargeback", group = "billing_senior", priority = "high", need = "approval", tags = also "chargeback",
    next_step = "Find the payment and its deadline at the bank before you write to the customer.",
  },
}

rule "the press asks" {
  owner       = "communications",
  description = "Journalists, and those who say that they go to one.",
  risk        = "high",
  final       = true,
  when        = mentions "press",
  escalate    = {
    reason = "press", group = "communications", priority = "high", need = "judgment", tags = also "press",
    next_step = "Do not comment; ask communications who answers.",
  },
}

rule "locked out of the account" {
  owner       = "security",
  description = "The account is the customer's, and they cannot get in.",
  when        = intent "account_access",
  escalate    = {
    reason = "account_access", priority = "high",
    next_step = "Check who owns the account, then let them in.",
  },
}
