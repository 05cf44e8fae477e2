-- A configuration for the policy in full/: its groups, calendars and promises.
--   usher check -c examples/policies/full.conf.lua
--   usher test -c examples/policies/full.conf.lua examples/policies/full
listen "127.0.0.1:8080"
admin { socket = "admin.sock" }
store "usher.db"
policy "full"

source "web" { adapter = "custom", secret = secret "WEB_SECRET" }
helpdesk "desk" { adapter = "desk" }

-- Told only of what names them: whoever is on call, before the ticket is made;
-- the finance lead; who looks for loops.
notifier "on_call" { adapter = "webhook", url = "https://pager.shop.example/usher", secret = secret "PAGER_SECRET", on_request = true, at_once = true }
notifier "finance_lead" { adapter = "webhook", url = "https://hooks.shop.example/finance", on_request = true }
notifier "operations" { adapter = "webhook", url = "https://hooks.shop.example/operations", on_request = true }

-- Lunch is from 12:00 to 13:30.
local day = { { "08:30", "12:00" }, { "13:30", "18:00" } }
calendar "support" {
  zone     = "Europe/Berlin",
  weekly   = { mon = day, tue = day, wed = day, thu = day, fri = day },
  holidays = {
    { "01-01", "New Year" },
    { "10-03", "German Unity Day" },
    { "12-24", "Christmas Eve", { { "08:30", "12:00" } } },
    { "12-25", "Christmas Day" },
    { "12-26", "Second Day of Christmas" },
  },
}

-- Somebody is always awake: Europe, then America, then Asia. Each takes over
-- when the one before goes home, on every day of the week.
local function always(from, to)
  local shift = { { from, to } }
  return { mon = shift, tue = shift, wed = shift, thu = shift, fri = shift, sat = shift, sun = shift }
end
calendar "emea" { zone = "Europe/Berlin", weekly = always("08:00", "17:00") }
calendar "amer" { zone = "America/New_York", weekly = always("08:00", "17:00") }
calendar "apac" { zone = "Asia/Singapore", weekly = always("09:00", "18:00") }

groups {
  "trust_safety", "legal_ops", "security", "privacy", "communications", "vip",
  "oncall_emea", "oncall_amer", "oncall_apac",
  -- What a customer waits in its queue; those that say nothing wait as long.
  general        = { calendar = "support", expected_wait = "1m" },
  billing        = { calendar = "support" },
  billing_es     = { calendar = "support" },
  billing_fr     = { calendar = "support" },
  billing_senior = { calendar = "support" },
  tier2          = { calendar = "support" },
  tier2_de       = { calendar = "support" },
}
default_group "general"

sla {
  vip      = { first_response = "2m", escalate = "10m", calendar = "24x7" },
  premium  = { first_response = "5m", escalate = "20m", calendar = "support" },
  standard = { first_response = "10m", escalate = "1h", calendar = "support" },
  free     = { first_response = "1 business day", calendar = "support" },
}
