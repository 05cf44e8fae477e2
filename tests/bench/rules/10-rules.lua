-- Twenty-four rules of the kinds that policies are made of: words, wishes,
-- intents, numbers, fields. The feed's "speak to a human" fires the first.
local function hand_over(reason, group)
  return { reason = reason, group = group, next_step = "Reply to: {first_question, 120}" }
end

rule "asks for a person" {
  when = any { asks_for_human(), requested_by { "customer_request", "flow" }, accepts_human() },
  escalate = hand_over "customer_request",
}

local said = {
  { "legal", "my lawyer", "lawsuit", "legal action", "take you to court", "ombudsman", "gdpr" },
  { "security", "hacked", "someone logged in", "account was stolen", "identity theft", "phishing" },
  { "safety", "kill myself", "suicide", "hurt myself" },
  { "billing", "charged twice", "double charged", "unauthorized charge", "overcharged", "chargeback" },
  { "refund", "money back", "full refund", "refund my order" },
  { "outage", "is down", "nothing works", "cannot log in", "error 500" },
  { "press", "journalist", "newspaper", "twitter thread" },
  { "medical", "doctor", "hospital", "allergic reaction" },
  { "delivery lost", "parcel is lost", "never delivered", "marked as delivered" },
  { "damaged", "arrived broken", "cracked screen", "damaged box" },
}
for _, row in ipairs(said) do
  local words = {}
  for i = 2, #row do words[#words + 1] = row[i] end
  rule("says: " .. row[1]) { when = says(words), escalate = hand_over(row[1]) }
end

rule "cancel now" { when = says_now { "cancel my contract", "close my account" }, escalate = hand_over "retention" }
rule "promised" { when = ai_says { "i will transfer you", "i will connect you" }, escalate = hand_over "promised" }
rule "billing intent" { when = intent { "billing_dispute", "chargeback" }, escalate = hand_over "billing_dispute" }
rule "order intent, large" {
  when = all { intent { "order_problem" }, field "order_value_minor" :at_least(50000) },
  escalate = hand_over "large_order",
}
rule "unsure" { when = confidence_below(0.3), escalate = hand_over "low_confidence" }
rule "negative" { when = sentiment_below(-0.6), escalate = hand_over "negative" }
rule "tried twice" { when = failed_attempts(2), escalate = hand_over "ai_unresolved" }
rule "frustrated" { when = frustrated(4), escalate = hand_over "frustration" }
rule "repeats" { when = repeats(3), escalate = hand_over "repeats" }
rule "long and open" { when = all { turns(12), none { handed_over() } }, escalate = hand_over "long" }
rule "gold, late" { when = all { tier "gold", event "session.ended", unresolved() }, escalate = hand_over "gold" }
rule "business plan" {
  when = all { attribute "plan" :is("enterprise"), failed_attempts(1) },
  escalate = hand_over "enterprise",
}
rule "serial number" { when = matches "\\bSN-[0-9]{8}\\b", escalate = hand_over "serial" }
