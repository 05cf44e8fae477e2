-- The hours and promises that rules/hours_test.lua is a table of.
groups {
  "tier2",
  support     = { calendar = "support", expected_wait = "1m" },
  emea_oncall = { calendar = "emea" },
  amer_oncall = { calendar = "amer" },
  apac_oncall = { calendar = "apac" },
}
default_group "support"

local day = { { "09:00", "12:00" }, { "13:30", "18:00" } }
calendar "support" {
  zone = "Europe/Berlin",
  weekly = { mon = day, tue = day, wed = day, thu = day, fri = day },
  holidays = {
    { "2026-12-24", "Christmas Eve", { { "09:00", "13:00" } } },
    { "12-25", "Christmas Day" },
    { "12-26", "Second Day of Christmas" },
    { "2027-08-02", to = "2027-08-06", "Company holidays" },
  },
  holidays_file = "bavaria.ics",
  exceptions = {
    { "2026-12-19", "the Saturday before Christmas", { { "10:00", "16:00" } } },
  },
}
calendar "nights" {
  zone = "Europe/Berlin",
  weekly = { sun = { { "02:15", "02:45" }, { "09:00", "10:00" } } },
}
local office = { { "08:00", "17:00" } }
local asia = { { "09:00", "18:00" } }
calendar "emea" { zone = "Europe/Berlin", weekly = { mon = office, tue = office, wed = office, thu = office, fri = office } }
calendar "amer" { zone = "America/New_York", weekly = { mon = office, tue = office, wed = office, thu = office, fri = office } }
calendar "apac" { zone = "Asia/Singapore", weekly = { mon = asia, tue = asia, wed = asia, thu = asia, fri = asia } }

sla {
  vip      = { first_response = "2m", escalate = "10m", calendar = "24x7" },
  premium  = { first_response = "5m", escalate = "20m" },
  standard = { first_response = "10m", escalate = "1h" },
  free     = { first_response = "1 business day" },
  urgent   = "1h", normal = "8h",
}
