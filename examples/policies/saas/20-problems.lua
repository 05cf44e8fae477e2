-- Known incidents are told once; the rest is described before it goes on.
incidents "incidents.txt"

slot "workspace" { ask = "Which workspace is it? Its address ends in .app.example.", pattern = "^[%w-]+%.app%.example$" }
slot "steps" { title = "steps", ask = "What did you do just before, step by step?" }

rule "a known incident" {
  owner = "engineering",
  when  = all { incident(), none { tier "enterprise" } },
  offer = { reason = "incident", link_to = "{incident.ticket}",
            message = "We know about this: {incident.title}. {incident.status} tells when it is over. Shall I get you a person all the same?" },
}

rule "an enterprise customer is down" {
  owner    = "engineering",
  when     = all { tier "enterprise", any { incident(), intent "outage", says { "is down", "cannot log in", "503", "outage" } } },
  escalate = { reason = "outage", group = "engineering", priority = "urgent", need = "callback",
               next_step = "Call their contact, then write to the incident channel." },
}

rule "a bug the AI could not explain" {
  owner    = "support",
  when     = all { intent { "bug", "api" }, any { failed_attempts(1), repeats(2), confidence_below(0.5) }, none { thanks() } },
  collect  = { "workspace", "steps" },
  escalate = { reason = "bug", need = "investigate", next_step = "Reproduce it in {fields.workspace}: {fields.steps}" },
}

rule "the AI does not get further" {
  owner    = "support",
  when     = all { any { failed_attempts(2), frustrated(4) }, none { thanks() } },
  escalate = { reason = "ai_unresolved", next_step = "Answer: {first_question, 120}" },
}
