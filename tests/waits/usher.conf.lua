-- For tests/waits/rules: hours with a lunch and a holiday, queues of several
-- lengths, a promise of each kind.
policy "rules"
local day = { { "09:00", "12:00" }, { "13:00", "18:00" } }
calendar "office" {
  zone = "Europe/Berlin", weekly = { mon = day, tue = day, wed = day, thu = day, fri = day },
  holidays = { { "2026-01-06", "Epiphany" } },
}
groups {
  support = { calendar = "office", expected_wait = "2m" },
  busy    = { calendar = "office", expected_wait = "10m" },
  night   = { calendar = "24x7", expected_wait = "30s" },
  quiet   = { calendar = "office" },
}
default_group "support"
routing { { intent = "refund", group = "busy" } }
sla {
  vip      = { escalate = "10m", calendar = "24x7" },
  premium  = { escalate = "20m" },
  standard = { escalate = "1 business day" },
  free     = { first_response = "1 business day" },
}
