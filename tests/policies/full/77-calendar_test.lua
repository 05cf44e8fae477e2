-- P9 with the calendars of examples/policies/full.conf.lua (Europe/Berlin,
-- lunch from 12:00 to 13:30): tests/cli/81-examples.sh puts it beside the policy.
local person = conversation { customer "let me talk to a human" }
local urgent = conversation { customer "Refund!", intent = "refund",
  fields = { order_value_minor = 500000, order_number = "AB123456", payment_date = "2026-11-03" } }
local function at(name, now, given, expect)
  test("P9 " .. name) { given = given, now = now, expect = expect }
end
local later = { action = "escalate", timing = "next_open", tags = { "out-of-hours" } }
local now_rule = { action = "escalate", group = "general", timing = absent, tags = { "reason:customer_request" } }

at("Tuesday 12:30, lunch: outside", "2026-11-24T12:30:00+01:00", person, later)
at("Tuesday 13:30: inside", "2026-11-24T13:30:00+01:00", person, now_rule)
at("Tuesday 11:59: inside", "2026-11-24T11:59:00+01:00", urgent, { group = "billing_senior" })
at("24 December 13:00, half day: outside", "2026-12-24T13:00:00+01:00", person, later)
at("24 December 11:00: inside", "2026-12-24T11:00:00+01:00", urgent, { group = "billing_senior" })
at("spring, 02:30 does not exist: outside", "2026-03-29T03:30:00+02:00", person, later)
at("autumn, the first 02:30: outside", "2026-10-25T02:30:00+02:00", person, later)
at("autumn, the second 02:30: outside", "2026-10-25T02:30:00+01:00", person, later)
at("a customer in Tokyo: the calendar's zone counts", "2026-11-24T19:00:00+09:00", conversation { customer "let me talk to a human", customer = { time_zone = "Asia/Tokyo" } }, now_rule)
at("a customer in Tokyo at nine in the morning: outside", "2026-11-24T09:00:00+09:00", conversation { customer "let me talk to a human", customer = { time_zone = "Asia/Tokyo" } }, later)
at("a holiday of the group, not of the customer: outside", "2026-10-02T22:30:00Z", conversation { customer "let me talk to a human", customer = { time_zone = "America/New_York" } }, later)
at("3 October, a Saturday and a holiday: outside", "2026-10-03T10:00:00+02:00", person, later)
at("urgent at 03:00 in Berlin: Asia", "2026-11-24T03:00:00+01:00", urgent, { group = "oncall_apac", tags = { "on-call" } })
at("urgent at 20:00 in Berlin: America", "2026-11-24T20:00:00+01:00", urgent, { group = "oncall_amer" })
at("urgent at lunch in Berlin: Europe's shift", "2026-11-24T12:30:00+01:00", urgent, { group = "oncall_emea" })
at("urgent at 15:00, open: nobody is woken", "2026-11-24T15:00:00+01:00", urgent, { group = "billing_senior" })
at("the source knows better: closed", "2026-11-24T15:00:00+01:00", person:with { attributes = { hours = "closed" } }, later)
at("urgent at 03:00: it does not wait for the opening", "2026-11-24T03:00:00+01:00", urgent, { timing = absent, tags = lacks "out-of-hours" })
at("a wish at 03:00: nobody is woken", "2026-11-24T03:00:00+01:00", person, { group = "general", tags = lacks "on-call" })
at("a wish at 20:00: nobody is woken", "2026-11-24T20:00:00+01:00", person, { group = "general", tags = lacks "on-call" })
at("a wish at lunch: Europe's shift is left alone", "2026-11-24T12:30:00+01:00", person, { group = "general", tags = lacks "on-call" })
at("urgent at 09:30, open, and Asia is awake: it stays", "2026-11-24T09:30:00+01:00", urgent, { group = "billing_senior", tags = lacks "on-call" })
at("urgent at 16:00, open, and America is awake: it stays", "2026-11-24T16:00:00+01:00", urgent, { group = "billing_senior", tags = lacks "on-call" })
at("the source knows better: open", "2026-11-24T12:30:00+01:00", urgent:with { attributes = { hours = "open" } }, { group = "billing_senior" })
