local function said(text, more)
  local t = more or {}
  t[1] = customer(text)
  return conversation(t)
end
local kept = { action = "keep" }

cases "trust" {
  { "hacked", said "I think our account was hacked", { reason = "security", group = "security", priority = "urgent", final = true } },
  { "a vulnerability", said "We found a vulnerability in your API", { reason = "security" } },
  { "a security issue", said "There is a security issue in the login", { reason = "security" } },
  { "a data breach", said "Is this a data breach?", { reason = "security" } },
  { "a leak", said "Our list of customers was leaked", { reason = "security" } },
  { "by intent", said("please look", { intent = "security" }), { reason = "security" } },
  { "a question about passwords", said "How do I change my password?", kept },
  { "delete my data", said "Please delete my data", { reason = "legal" } },
  { "final: no step up for enterprise", said("Please delete my data", { tier = "enterprise" }), { priority = "high", priority_from = "rule" } },
  { "a person", said "Can I speak to a human?", { reason = "customer_request", group = "support" } },
  { "a yes to the AI's offer", conversation { customer "hm", ai "Would you like to talk to a human agent?", customer "yes please" }, { reason = "customer_request" } },
  { "\"support\" twice", conversation { customer "support", ai "How can I help?", customer "support" }, { reason = "customer_request" } },
}

cases "problems" {
  { "a known incident: told", said("the export takes hours", { attributes = { region = "eu" } }),
    { action = "offer", rule = "a known incident", link_to = "1204", message = "We know about this: Exports are slow. https://status.app.example/77 tells when it is over. Shall I get you a person all the same?" } },
  { "one sign of it is not enough", said "the export takes hours", kept },
  { "one sign of it is not enough for enterprise either", said("the export takes hours", { tier = "enterprise" }), kept },
  { "elsewhere", said("the export takes hours", { attributes = { region = "us" } }), kept },
  { "enterprise in an incident: called", said("the export takes hours", { tier = "enterprise", attributes = { region = "eu" } }), { reason = "outage", group = "engineering", priority = "urgent" } },
  { "enterprise, down", said("everything is down", { tier = "enterprise" }), { reason = "outage" } },
  { "enterprise, down, by intent", said("hello", { tier = "enterprise", intent = "outage" }), { reason = "outage" } },
  { "enterprise, nobody gets in", said("we cannot log in", { tier = "enterprise" }), { reason = "outage" } },
  { "enterprise, an error 503", said("it says 503 all the time", { tier = "enterprise" }), { reason = "outage" } },
  { "enterprise, an outage", said("is there an outage?", { tier = "enterprise" }), { reason = "outage" } },
  { "enterprise, a question", said("how do I add a user?", { tier = "enterprise" }), kept },
  { "a small customer, down", said "everything is down", kept },
  { "a bug, not explained: described first", said("the list is empty", { intent = "bug", failed_attempts = 1 }), { action = "collect", message = "Which workspace is it? Its address ends in .app.example." } },
  { "a bug, described", said("the list is empty", { intent = "bug", failed_attempts = 1, fields = { workspace = "acme.app.example", steps = "opened it" } }),
    { action = "escalate", reason = "bug", group = "support", next_step = "Reproduce it in acme.app.example: opened it" } },
  { "a bug, told again", conversation { customer "the list of invoices stays empty", ai "Reload it.", customer "still the list of invoices stays empty", intent = "bug" }, { action = "collect" } },
  { "a bug, and the AI is not sure", said("the list is empty", { intent = "bug", confidence = 0.4 }), { action = "collect" } },
  { "the interface of the service", said("the list is empty", { intent = "api", failed_attempts = 1 }), { action = "collect" } },
  { "a bug, and the AI is just sure enough", said("the list is empty", { intent = "bug", confidence = 0.5 }), kept },
  { "a bug, and a thank you", conversation { customer "the list is empty", ai "Reload it.", customer "thanks, it works", intent = "bug", failed_attempts = 1 }, kept },
  { "three points: an offer", said("cancel everything", { sentiment = -0.3 }), { action = "offer" } },
  { "three and a half: an offer", said("cancel everything!!!", { sentiment = -0.3 }), { action = "offer" } },
  { "four points", said("cancel everything", { sentiment = -0.6 }), { reason = "ai_unresolved" } },
  { "one failed attempt", said("why", { failed_attempts = 1 }), kept },
  { "very angry", conversation { customer { "never again!!!", sentiment = -0.7 } }, { reason = "ai_unresolved" } },
  { "a bug, just told", said("the list of invoices stays empty", { intent = "bug" }), kept },
  { "two failed attempts", said("why", { failed_attempts = 2 }), { reason = "ai_unresolved" } },
  { "thanks", conversation { customer "why", ai "so", customer "thanks, it works", failed_attempts = 2 }, kept },
}

cases "money" {
  { "50 seats want to leave", said("cancel our plan", { fields = { seats = 50 } }), { reason = "churn_risk", group = "success", priority = "high", next_step = "Call today; 50 seats." } },
  { "by intent", said("goodbye", { intent = "cancellation", fields = { seats = 80 } }), { reason = "churn_risk" } },
  { "cancels one plan of many", said("please cancel my plan", { fields = { seats = 50 } }), { reason = "churn_risk" } },
  { "goes elsewhere", said("we switch to another tool", { fields = { seats = 50 } }), { reason = "churn_risk" } },
  { "50 seats, and a question", said("how do I add a user?", { fields = { seats = 50 } }), kept },
  { "two points: nothing yet", said "never again", kept },
  { "annoyed: an offer", said "never again!!!", { action = "offer" } },
  { "asked again: an offer", conversation { customer "the list of invoices stays empty", ai "Reload it.", customer "still the list of invoices stays empty" }, { action = "offer" } },
  { "49 seats", said("cancel our plan", { fields = { seats = 49 } }), kept },
  { "a wrong invoice", said("the invoice is wrong", { intent = "invoice" }), { reason = "invoice", group = "billing", group_from = "routing" } },
  { "billed twice", said("you sent it twice", { intent = "invoice" }), { reason = "invoice" } },
  { "billed too much", said("that is too much", { intent = "plan_change" }), { reason = "invoice" } },
  { "money back", said("is a refund possible", { intent = "invoice" }), { reason = "invoice" } },
  { "a credit", said("please credit us for May", { intent = "invoice" }), { reason = "invoice" } },
  { "the wrong button", said("I pressed the wrong button", { intent = "how_to" }), kept },
  { "where is the invoice", said("where is the invoice", { intent = "invoice" }), kept },
  { "\"agent\": an offer", said "agent", { action = "offer", rule = "offer a person" } },
  { "enterprise: one step up", said("Can I speak to a human?", { tier = "enterprise" }), { priority = "high", tags = { "enterprise" } } },
  { "enterprise, and the AI goes on: nothing changes", said("how do I add a user?", { tier = "enterprise", failed_attempts = 1 }), { action = "keep", tags = absent } },
  { "enterprise, an offer: nothing changes", said("agent", { tier = "enterprise" }), { action = "offer", priority = absent, tags = absent } },
  { "others: as it is", said("Can I speak to a human?", { tier = "team" }), { priority = "normal" } },
}
