-- P8 and P13: what only time tells. A rule that waits decides when its time has
-- come; until then everything above is asked again at each message. So these
-- stand last: a wait holds no other rule up.

local team = require "00-team"

-- P8: how long the AI may try. Of the latest moment for a human we take off what
-- the queue takes (a minute, if nobody knows better) and a minute for safety.
local QUEUE_S, SAFETY_S = 60, 60
local promised = {
  { tier = "vip",      latest_s = 10 * 60, priority = "urgent", group = "vip" },
  { tier = "premium",  latest_s = 20 * 60, priority = "high" },
  { tier = "standard", latest_s = 60 * 60, priority = "normal" },
}
local settled = any { thanks(), outcome { "resolved_confirmed", "resolved_assumed" } }

-- A conversation has one timer. At a premium customer's promise it rings after
-- eighteen minutes; if they were answered and have said nothing for fifteen of
-- them, it is no emergency but a follow-up (P13).
local follow_up = {
  reason = "follow_up", priority = "low", need = "follow_up",
  next_step = "Ask whether it is settled: {first_question, 120}",
}
rule "gone quiet, and promised more" {
  owner       = "support-ops",
  description = "Premium customers and VIPs who do not answer the AI any more get a human's follow-up.",
  when        = all { tier(team.premium), none { settled, event "session.ended" }, silent "15m" },
  escalate    = follow_up,
}

for _, one in ipairs(promised) do
  rule("a human in time: " .. one.tier) {
    owner       = "support-ops",
    description = "The time that the AI may try is over, and it is not settled.",
    when        = all { tier(one.tier), none { settled, event "session.ended" } },
    wait        = (one.latest_s - QUEUE_S - SAFETY_S) .. "s",
    escalate    = {
      reason = "sla_risk", priority = one.priority, group = one.group,
      -- Another message does not begin the time anew.
      cancel_on = { "resolved", "takeover", "session_ended" },
      next_step = "Answer at once, the promise is near its end: {first_question, 120}",
    },
  }
end

-- P13: the customer has gone quiet. An order in trouble gets a human's follow-up;
-- the others are asked once whether it is settled, and then left in peace.
local open_order = field "order_problem" :is "open"
local quiet = none { settled, event "session.ended" }

rule "gone quiet, with an order in trouble" {
  owner       = "support-ops",
  description = "An order is in trouble, and its owner says no more.",
  when        = all { open_order, quiet, none { channel "email" } },
  wait        = "15m",
  escalate    = follow_up,
}

rule "gone quiet" {
  owner       = "support-ops",
  description = "A quarter of an hour in a chat.",
  when        = all { quiet, none { channel "email" } },
  wait        = "15m",
  offer       = { message = team.in_their_language {
    en = "Are you still there? If it is settled, there is nothing to do; if not, just write.",
    de = "Sind Sie noch da? Wenn es erledigt ist, ist nichts zu tun; wenn nicht, schreiben Sie einfach.",
    es = "¿Sigue ahí? Si está resuelto, no hay nada que hacer; si no, escríbanos.",
  } },
}

rule "gone quiet, by e-mail" {
  owner       = "support-ops",
  description = "A day in an e-mail.",
  when        = all { quiet, channel "email" },
  wait        = "24h",
  offer       = { message = "Did that help? If not, just answer this mail." },
}

-- The session ended after one turn, unresolved: worth a ticket when there is
-- something in it.
rule "left after one message" {
  owner       = "support-ops",
  description = "One turn of the customer, with eight words at least or an attachment.",
  when        = all {
    event "session.ended", unresolved(), none { turns(2) }, none { thanks() },
    any { matches "(\\S+\\s+){7}\\S+", function(c) return c.flags ~= nil and c.flags.attachment == true end },
  },
  escalate    = {
    reason = "ai_unresolved", priority = "low",
    next_step = "Answer by e-mail: {first_question, 120}",
  },
}
