-- P2: the AI tried and did not help. Not when the customer has just said thanks.

local team = require "00-team"

local resolved = outcome { "resolved_confirmed", "resolved_assumed" }

-- A long conversation may be a long errand that goes well, and that a session
-- ended "unresolved" is often only the platform's guess; so both take a sign
-- that the answers do not help. (Without it every fourth conversation of a
-- flight desk was handed over in vain.)
local struggles = any { failed_attempts(1), confidence_below(0.55), sentiment_below(-0.3) }
local stuck = any {
  confidence_below(0.55, { turns = 2 }),
  failed_attempts(2),
  all { turns(8), none { resolved }, struggles },
  all { event "session.ended", unresolved(), turns(2), struggles },
}

local function by_length(c)
  return (c.turn_count or 0) <= 4 and "low" or "normal"
end

rule "a technical problem the AI did not solve" {
  owner       = "tier2",
  description = "As below; tier 2 needs device, version and the error message, so the AI asks for them first.",
  when        = all { intent { "technical", "crash" }, stuck, none { thanks() } },
  collect     = { "device", "app_version", "error_text" },
  escalate    = {
    reason = "ai_unresolved", priority = by_length,
    next_step = "Reproduce it on {fields.device} with {fields.app_version}, then answer: {first_question, 120}",
  },
}

rule "the AI did not solve it" {
  owner       = "support-ops",
  description = "Unsure twice in a row, two failed attempts, eight turns with trouble, or a session that ended without help.",
  when        = all { stuck, none { thanks() } },
  escalate    = {
    reason = "ai_unresolved", priority = by_length,
    next_step = "Answer: {first_question, 120}",
  },
}
