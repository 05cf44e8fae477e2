-- The configuration of the end-to-end run; the ports are filled in by rt.sh.
listen "127.0.0.1:@USHER_PORT@"
admin { socket = "admin.sock" }
store "usher.db"
policy "rules"

source "web" { adapter = "custom", secret = secret "WEB_SECRET" }

helpdesk "rt" {
  adapter = "request-tracker",
  url = "http://127.0.0.1:@RT_PORT@",
  user = "usher",
  password = secret "RT_PASSWORD",
  queue = "Support",
  lag_s = 3, -- a request cut off in the middle is over there within this time
  allow_private = true,
  allow_plain = true,
}

groups { "support", "legal" }
default_group "support"
tickets { follow = "1s", reopen_within = "20s" }
