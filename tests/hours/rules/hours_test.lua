local asked = conversation { customer "I want to talk to a human" }
local down = conversation { customer "urgent: everything is down" }
local night = conversation { customer "the night shift please" }
local waits = { timing = "next_open" }

-- A row: when it is asked, what is expected.
local function at(now, given, name, expect)
  test(name) { given = given, now = now, expect = expect }
end

at("2026-11-24T11:59:00+01:00", asked, "P9 Tuesday before lunch", { rule = "a person", group = "support" })
at("2026-11-24T12:30:00+01:00", asked, "P9 Tuesday 12:30, lunch", waits)
at("2026-11-24T13:30:00+01:00", asked, "P9 back from lunch", { rule = "a person" })
at("2026-12-24T12:59:00+01:00", asked, "P9 24 December, half day", { rule = "a person, on a holiday", tags = { "holiday" } })
at("2026-12-24T13:00:00+01:00", asked, "P9 24 December, 13:00", { rule = "a person, on a holiday", timing = "next_open" })
at("2026-12-25T10:00:00+01:00", asked, "P9 a holiday of the group", { rule = "a person, on a holiday", timing = "next_open" })
at("2031-12-26T10:00:00+01:00", asked, "the same in another year", { rule = "a person, on a holiday" })
at("2027-01-06T10:00:00+01:00", asked, "a holiday from the file", { rule = "a person, on a holiday" })
at("2028-01-06T10:00:00+01:00", asked, "but not in the year it leaves out", { rule = "a person", group = "support" })
at("2027-08-04T10:00:00+02:00", asked, "company holidays", waits)
at("2026-12-31T10:00:00+01:00", asked, "a date of every year", { rule = "a person, on a holiday" })
at("2026-12-19T11:00:00+01:00", asked, "an exception", { rule = "the Saturday before Christmas", tags = { "saturday" } })
at("2026-12-12T11:00:00+01:00", asked, "another Saturday", { rule = "a person", timing = "next_open" })
at("2026-12-24T12:59:00+09:00", asked, "P9 a customer in Tokyo: the calendar's zone counts", { rule = "a person, on a holiday", timing = "next_open" })
at("2026-11-24T10:00:00-05:00", asked, "P9 a portal in New York: the calendar's zone counts", { rule = "a person" })

at("2026-03-29T02:44:59+02:00", night, "P9 spring: there is no 02:30", { action = "keep" })
at("2026-03-29T03:30:00+02:00", night, "P9 spring: nor is it 03:30", { action = "keep" })
at("2026-10-25T02:30:00+02:00", night, "P9 autumn: the first 02:30", { rule = "the night shift" })
at("2026-10-25T02:30:00+01:00", night, "P9 autumn: not the second", { action = "keep" })

at("2026-11-24T03:00:00+01:00", down, "P9 urgent at 03:00: Asia", { group = "apac_oncall", priority = "urgent" })
at("2026-11-24T08:30:00+01:00", down, "urgent at 08:30: two are awake, the later modifier counts", { group = "apac_oncall" })
at("2026-11-24T12:15:00+01:00", down, "urgent at lunch: Europe", { group = "emea_oncall" })
at("2026-11-24T20:00:00+01:00", down, "urgent at 20:00: America", { group = "amer_oncall" })
at("2026-11-24T10:00:00+01:00", down, "urgent in hours", { group = "support" })

-- P8: how much of the time is left that the AI has with this customer
local function since(when, tier)
  return conversation { customer { "Where is it?", at_ms = time.parse(when) }, tier = tier }
end
local vip, premium = since("2026-11-24T10:00:00+01:00", "vip"), since("2026-11-20T17:50:00+01:00", "premium")
at("2026-11-24T10:07:59+01:00", vip, "P8 vip, 10:07:59", { action = "keep" })
at("2026-11-24T10:08:01+01:00", vip, "P8 vip, 10:08:01", { reason = "sla_risk" })
at("2026-11-20T18:30:00+01:00", premium, "P8 premium, Friday evening: ten minutes are left", { action = "keep" })
at("2026-11-23T09:07:59+01:00", premium, "P8 premium, Monday 09:07:59", { action = "keep" })
at("2026-11-23T09:08:01+01:00", premium, "P8 premium, Monday 09:08:01", { reason = "sla_risk" })
at("2026-11-30T09:08:01+01:00", since("2026-11-20T17:50:00+01:00", "free"), "P8 free: no limit", { action = "keep" })
at("2026-11-30T09:08:01+01:00", since("2026-11-20T17:50:00+01:00"), "P8 no tier: no limit", { action = "keep" })
