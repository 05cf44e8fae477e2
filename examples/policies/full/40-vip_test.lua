-- P8: a VIP in a bad mood. What is promised to whom, and what happens when the
-- time is over, needs the configuration: tests/policies/full/79-promises_test.lua.
local function asks(tier, more)
  local t = more or {}
  t[1], t.tier = customer { "My question is still open", at = "2026-11-16T10:00:00Z" }, tier
  return conversation(t)
end

cases "P8 vip and SLA" {
  { "resolved at 10:05: nothing waits", asks("vip", { outcome = "resolved_confirmed" }), { action = "keep" } },
  { "premium, resolved: nothing waits", asks("premium", { outcome = "resolved_confirmed" }), { action = "keep" } },
  { "standard, resolved: nothing waits", asks("standard", { outcome = "resolved_assumed" }), { action = "keep" } },
  { "premium, the chat was closed: nothing waits", asks "premium", { action = "keep" }, event = "session.ended" },
  { "standard, the chat was closed: nothing waits", asks "standard", { action = "keep" }, event = "session.ended" },
  { "a thank you: nothing waits", conversation { customer "My question", ai "Like this.", customer "thanks, it works", tier = "vip" }, { action = "keep" } },
  { "free: no promise", asks "free", { rule = "gone quiet" } },
  { "a vip in a bad mood: at once", asks("vip", { sentiment = -0.4 }), { action = "escalate", reason = "sla_risk", group = "vip", priority = "urgent" } },
  { "a vip at -0.3: not below", asks("vip", { sentiment = -0.3 }), { action = "wait" } },
  { "a standard customer in a bad mood", asks("standard", { sentiment = -0.4 }), { action = "wait" } },
  { "a wait holds no other rule up", asks("vip", { failed_attempts = 2 }), { action = "escalate", reason = "ai_unresolved" } },
}
