-- Each rule where it matches, and close beside that where it does not.

local function just(text) return conversation { customer(text) } end
local kept = { action = "keep" }

cases "security or privacy" {
  { "taken over", just "I think our account was hacked", { rule = "security or privacy", priority = "urgent", final = true } },
  { "a stranger", just "Someone logged in from another country", { rule = "security or privacy" } },
  { "a stranger changed it", just "Someone changed my e-mail", { rule = "security or privacy" } },
  { "a breach", just "Did you have a data breach?", { rule = "security or privacy" } },
  { "a leak", just "Our list was leaked", { rule = "security or privacy" } },
  { "phishing", just "I got a phishing mail in your name", { rule = "security or privacy" } },
  { "a stolen key", just "Our API key was stolen", { rule = "security or privacy" } },
  { "data of a person", just "A request of a data subject", { rule = "security or privacy" } },
  { "the GDPR", just "I ask for it under the GDPR", { rule = "security or privacy" } },
  { "the GDPR in German", just "Auskunft nach DSGVO", { rule = "security or privacy" } },
  { "in German", just "Löscht meine Daten", { rule = "security or privacy" } },
  { "a lawyer", just "My lawyer will write to you", { rule = "security or privacy" } },
  { "legal action", just "We take legal action", { rule = "security or privacy" } },
  { "delete it", just "Delete my data", { rule = "security or privacy" } },
  { "before leaving", just "Delete my data and cancel my account", { rule = "security or privacy", group = "security" } },
  { "a question about it", just "Do you support two-factor login?", kept },
}

cases "outage" {
  { "down, and the AI could not help", conversation { customer "The API is down", failed_attempts = 1 }, { rule = "outage", group = "tier2", priority = "high" } },
  { "an outage", conversation { customer "Is there an outage?", failed_attempts = 1 }, { rule = "outage" } },
  { "nothing works", conversation { customer "Nothing works any more", failed_attempts = 1 }, { rule = "outage" } },
  { "an error 500", conversation { customer "It says error 500", failed_attempts = 1 }, { rule = "outage" } },
  { "an error 503", conversation { customer "It says error 503", failed_attempts = 1 }, { rule = "outage" } },
  { "timeouts", conversation { customer "We only get timeouts", failed_attempts = 1 }, { rule = "outage" } },
  { "in German", conversation { customer "Es geht nicht mehr", failed_attempts = 1 }, { rule = "outage" } },
  { "the AI may try first", just "The API is down", kept },
  { "another failure", conversation { customer "How do I export a report?", failed_attempts = 1 }, kept },
}

cases "wants to leave" {
  { "cancels", conversation { customer "Please cancel our subscription", attributes = { plan = "team" } },
    { rule = "wants to leave", next_step = "Ask why, then offer what fits their plan (team)." } },
  { "cancels it alone", just "Please cancel my subscription", { rule = "wants to leave" } },
  { "leaves", just "How do I cancel my account?", { rule = "wants to leave" } },
  { "leaves with all", just "Please close our account", { rule = "wants to leave" } },
  { "goes at the end of the year", just "We will not renew", { rule = "wants to leave" } },
  { "goes elsewhere", just "We are switching to another tool", { rule = "wants to leave" } },
  { "in German", just "Ich möchte kündigen", { rule = "wants to leave" } },
  { "how to", just "How long is a subscription?", kept },
}

cases "asked for a person" {
  { "in words", just "Connect me to support", { action = "escalate", rule = "asked for a person" } },
  { "the product's agents", just "what does your agent app do?", kept },
}

-- However the chat says so; the rule does it, not what is built in.
local function by_the_chat(via)
  return { "by " .. via, conversation { customer "hello", handoff = { via = via } }, { rule = "asked for a person" }, event = "handoff.requested" }
end
cases "asked for a person, by the chat" {
  by_the_chat "customer_request",
  by_the_chat "flow",
  by_the_chat "action_node",
  by_the_chat "tool_call",
  { "a yes to the AI's offer", conversation { customer "hm", ai "Would you like to talk to a human agent?", customer "yes please" }, { rule = "asked for a person" } },
}

cases "not helped, or angry" {
  { "four points of anger", conversation { customer { "cancel everything", sentiment = -0.6 } }, { action = "escalate", rule = "not helped, or angry" } },
  { "three and a half", conversation { customer { "cancel everything!!!", sentiment = -0.3 } }, kept },
  { "two attempts", conversation { customer "Why is that?", failed_attempts = 2 }, { rule = "not helped, or angry" } },
  { "one attempt", conversation { customer "Why is that?", failed_attempts = 1 }, kept },
}
