-- Each rule where it matches, and close beside that where it does not.

local function just(text) return conversation { customer(text) } end
local kept = { action = "keep" }

cases "security or privacy" {
  { "taken over", just "I think our account was hacked", { rule = "security or privacy", priority = "urgent", final = true } },
  { "before leaving", just "Delete my data and cancel my account", { rule = "security or privacy", group = "security" } },
  { "a question about it", just "Do you support two-factor login?", kept },
}

cases "outage" {
  { "down, and the AI could not help", conversation { customer "The API is down", failed_attempts = 1 }, { rule = "outage", group = "tier2" } },
  { "the AI may try first", just "The API is down", kept },
  { "another failure", conversation { customer "How do I export a report?", failed_attempts = 1 }, kept },
}

cases "wants to leave" {
  { "cancels", conversation { customer "Please cancel our subscription", attributes = { plan = "team" } },
    { rule = "wants to leave", next_step = "Ask why, then offer what fits their plan (team)." } },
  { "how to", just "How long is a subscription?", kept },
}

cases "asked for a person" {
  { "in words", just "Connect me to support", { rule = "asked for a person" } },
  { "the product's agents", just "what does your agent app do?", kept },
}

cases "not helped, or angry" {
  { "two attempts", conversation { customer "Why is that?", failed_attempts = 2 }, { rule = "not helped, or angry" } },
  { "one attempt", conversation { customer "Why is that?", failed_attempts = 1 }, kept },
}
