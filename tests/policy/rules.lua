-- A policy that uses the words of the rule language the way support teams do;
-- rules_test.lua beside it is its table of cases. Flow tests run it too.

routing {
  { intent = { "billing_unresolved", "invoice" }, group = "billing" },
  { intent = { "technical_unresolved", "crash" }, tier = { "vip" }, group = "tier3" },
  { intent = { "technical_unresolved", "crash" }, group = "tier2" },
}

local function person(reason)
  return { reason = reason, next_step = "Reply to: {first_question, 120}" }
end

rule "asked for a person" {
  owner    = "support-ops",
  description = "A direct request, on whatever way it came.",
  when     = any { asks_for_human(), requested_by { "customer_request", "flow", "action_node", "tool_call" } },
  escalate = person "customer_request",
}

rule "account access" {
  owner    = "support-ops",
  when     = any { intent "account_access", says { "locked out", "cannot log in", "cant log in" } },
  escalate = { reason = "account_access", priority = "high", next_step = "Check who owns the account, then unlock it." },
}

rule "sensitive" {
  owner    = "support-ops",
  final    = true,
  risk     = "high",
  when     = says { "my lawyer", "discrimination" },
  escalate = { reason = "sensitive", priority = "urgent", need = "judgment", next_step = "Read it all before replying." },
}

rule "complaint" {
  owner    = "support-ops",
  when     = says { "complaint", "complain", "beschwerde" },
  escalate = person "complaint",
}

rule "a person has to look at it" {
  owner    = "support-ops",
  when     = review_required(),
  escalate = { reason = "policy_review", need = "judgment", next_step = "Approve or change what the AI wants to do." },
}

rule "another team has to look into it" {
  owner    = "support-ops",
  when     = intent "outage",
  escalate = { reason = "investigation", group = "engineering", need = "investigate", next_step = "Find out what broke." },
}

rule "refund" {
  owner    = "support-ops",
  when     = all { says { "refund", "money back" }, none { channel "voice_transcript" } },
  escalate = { reason = "refund", tags = { "refund" }, need = "approval", priority = "high",
               next_step = "Approve or decline the refund for order {fields.order_number}." },
}

rule "follow up by name" {
  owner    = "support-ops",
  when     = says "promised to call back",
  escalate = { reason = "follow_up", need = "follow_up", assignee = "ana@shop.example", next_step = "Call back as promised." },
}

rule "both named" {
  owner    = "support-ops",
  when     = says "contract renewal",
  escalate = { reason = "renewal", assignee = "ana@shop.example", priority = "low", next_step = "Send the new terms." },
}

-- keyword and (bad mood or not on the telephone)
rule "the parcel" {
  owner    = "support-ops",
  when     = all { says "parcel", any { sentiment_below(-0.5), none { channel "voice_transcript" } } },
  escalate = person "parcel",
}

rule "not solved" {
  owner    = "support-ops",
  when     = any { failed_attempts(2), says { "did not solve", "didnt solve", "still not working", "not solved" } },
  escalate = person "ai_unresolved",
}

rule "money" {
  owner    = "support-ops",
  when     = any { intent { "billing_unresolved", "invoice" }, says { "help with billing", "billing problem" } },
  escalate = person "billing",
}

rule "technical" {
  owner    = "support-ops",
  when     = intent { "technical_unresolved", "crash" },
  escalate = person "technical",
}

rule "urgent" {
  owner    = "support-ops",
  when     = says_now { "urgent", "urgently" },
  escalate = { reason = "urgent", priority = "urgent", next_step = "Reply now to: {first_question, 120}" },
}

rule "unclear" {
  owner    = "support-ops",
  when     = confidence_below(0.55),
  escalate = person "unclear",
}

rule "a long way" {
  owner    = "support-ops",
  when     = turns(8),
  escalate = person "long",
}

rule "ended without help" {
  owner    = "support-ops",
  when     = all { event "session.ended", unresolved() },
  escalate = person "ended_unresolved",
}

rule "said to be helped" {
  owner    = "support-ops",
  when   = all { event "session.ended", outcome { "resolved_assumed" } },
  notify = true,
}

-- Trigger phrases, with accents, capitals and another script's letters.
rule "trigger phrases" {
  owner    = "support-ops",
  when     = says { "cancel my subscription", "crème brûlée", "Straße gesperrt", "no me funciona", "чек", "double charge" },
  escalate = person "phrase",
}
