-- P8: VIPs, and what is promised to whom. What happens when the time is over is
-- in 62-course_test.lua.
local function asks(tier, more)
  local t = more or {}
  t[1], t.tier = customer { "My question is still open", at = "2026-11-16T10:00:00Z" }, tier
  return conversation(t)
end

cases "P8 vip and SLA" {
  { "vip at 10:00, queue one minute: until 10:08", asks "vip", { action = "wait", rule = "a human in time: vip", wait_s = 480, timing = "wait" } },
  { "resolved at 10:05: nothing waits", asks("vip", { outcome = "resolved_confirmed" }), { action = "keep" } },
  { "premium, resolved: nothing waits", asks("premium", { outcome = "resolved_confirmed" }), { action = "keep" } },
  { "standard, resolved: nothing waits", asks("standard", { outcome = "resolved_assumed" }), { action = "keep" } },
  { "premium, the chat was closed: nothing waits", asks "premium", { action = "keep" }, event = "session.ended" },
  { "standard, the chat was closed: nothing waits", asks "standard", { action = "keep" }, event = "session.ended" },
  { "a thank you: nothing waits", conversation { customer "My question", ai "Like this.", customer "thanks, it works", tier = "vip" }, { action = "keep" } },
  { "premium: 18 minutes", asks "premium", { rule = "a human in time: premium", wait_s = 1080 } },
  { "standard: 58 minutes", asks "standard", { rule = "a human in time: standard", wait_s = 3480 } },
  { "free: no promise", asks "free", { rule = "gone quiet" } },
  { "queue wait unknown: the default of a minute", asks("vip", { attributes = {} }), { wait_s = 480 } },
  { "tier changed to premium on the way: its own time", conversation { customer "hm", ai "so?", customer "and?", tier = "premium" }, { rule = "a human in time: premium", wait_s = 1080 } },
  { "a vip in a bad mood: at once", asks("vip", { sentiment = -0.4 }), { action = "escalate", reason = "sla_risk", group = "vip", priority = "urgent" } },
  { "a vip at -0.3: not below", asks("vip", { sentiment = -0.3 }), { action = "wait" } },
  { "a standard customer in a bad mood", asks("standard", { sentiment = -0.4 }), { action = "wait" } },
  { "a wait holds no other rule up", asks("vip", { failed_attempts = 2 }), { action = "escalate", reason = "ai_unresolved" } },
}
