-- P2: the AI did not solve it.
local function sure(...)
  local t = {}
  for _, confidence in ipairs { ... } do
    t[#t + 1] = customer { "how does that work", intent = "other", confidence = confidence }
    t[#t + 1] = ai "Like this."
  end
  t[#t] = nil
  t.rule_state = { offered = { ["offer a person to somebody who asks again"] = 1 } }
  return conversation(t)
end
local topics = { "shipping to Norway", "gift wrapping for two", "changing my address", "paying in instalments", "the size of boots", "washing at sixty degrees", "cancelling the newsletter", "opening on Sunday" }
local function turns_of(count, more)
  local t = more or {}
  for i = 1, count do
    t[#t + 1] = customer("Tell me about " .. topics[i])
    t[#t + 1] = ai("Gladly: " .. i)
  end
  return conversation(t)
end
local human = { action = "escalate", reason = "ai_unresolved" }
local ended = "session.ended"

cases "P2 failed resolution" {
  { "0.54, 0.50", sure(0.54, 0.50), { action = "escalate", reason = "ai_unresolved", priority = "low", because = "confidence_below(0.55, { turns = 2 })" } },
  { "0.54, 0.80", sure(0.54, 0.80), { action = "wait" } },
  { "0.55, 0.55: strict", sure(0.55, 0.55), { action = "wait" } },
  { "two failed attempts", conversation { customer "why", failed_attempts = 2 }, human },
  { "one failed attempt", conversation { customer "why", failed_attempts = 1 }, { action = "wait" } },
  { "turn 8, open, one failed attempt", turns_of(8, { failed_attempts = 1 }), { action = "escalate", reason = "ai_unresolved", priority = "normal" } },
  { "turn 8, open, in a bad mood", turns_of(8, { sentiment = -0.4 }), human },
  { "turn 8, open, a mood of -0.3 is not bad yet", turns_of(8, { sentiment = -0.3 }), { action = "wait" } },
  { "turn 8, open, the AI is unsure", turns_of(8, { intent = "other", confidence = 0.54 }), human },
  { "turn 8, open, the AI is just sure enough", turns_of(8, { intent = "other", confidence = 0.55 }), { action = "wait" } },
  { "turn 8, open, and all goes well", turns_of(8), { action = "wait" } },
  { "turn 8, resolved", turns_of(8, { failed_attempts = 1, outcome = "resolved_confirmed" }), { action = "keep" } },
  { "turn 8, resolved as it seems", turns_of(8, { failed_attempts = 1, outcome = "resolved_assumed" }), { action = "keep" } },
  { "turn 7", turns_of(7, { failed_attempts = 1 }), { action = "wait" } },
  { "ended unresolved after two turns, with a failed attempt", turns_of(2, { outcome = "unresolved", failed_attempts = 1 }), human, event = ended },
  { "ended unresolved after two turns, nothing failed", turns_of(2, { outcome = "unresolved" }), { action = "keep" }, event = ended },
  { "thought unresolved, and it goes on", turns_of(2, { outcome = "unresolved", failed_attempts = 1 }), { action = "wait" } },
  { "ended after two turns, left by the customer", turns_of(2, { outcome = "abandoned", failed_attempts = 1 }), { action = "keep" }, event = ended },
  { "ended unresolved with one turn: P13's matter", conversation { customer "and now", outcome = "unresolved", failed_attempts = 1 }, { action = "keep" }, event = ended },
  { "low, low", sure("low", "low"), human },
  { "low, high", sure("low", "high"), { action = "wait" } },
  { "confidence absent: skipped", conversation { customer "how does that work", ai "so", customer "and what of returns" }, { action = "wait" } },
  { "a thank you at the end", conversation { customer "why", ai "so", customer "thanks, that helped", failed_attempts = 2 }, { action = "keep" } },
  { "billing goes to billing", conversation { customer "why", intent = "billing", failed_attempts = 2 }, { group = "billing", group_from = "routing" } },
  { "technical goes to tier 2, once it is described", conversation { customer "why", intent = "technical", failed_attempts = 2, fields = { device = "Pixel 9", app_version = "5.2", error_text = "E7" } },
    { action = "escalate", group = "tier2", next_step = "Reproduce it on Pixel 9 with 5.2, then answer: why" } },
  { "technical, and the AI has not failed yet: nothing is asked", conversation { customer "why", intent = "technical" }, { action = "wait" } },
  { "technical, and a thank you at the end: nothing is asked", conversation { customer "why", ai "so", customer "thanks, that helped", intent = "technical", failed_attempts = 2 }, { action = "keep" } },
  { "anything else is general", conversation { customer "why", intent = "other", failed_attempts = 2 }, { group = "general", group_from = "default" } },
}
