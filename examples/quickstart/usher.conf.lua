-- A whole usher on one machine: one chat, the built-in desk, no account
-- anywhere. `make run` starts it; see README.md.
listen "127.0.0.1:8088"
admin { socket = "admin.sock" }
store "usher.db"
policy "rules"

-- Your chat or AI agent posts its messages to /v1/sources/web, signed as
-- Standard Webhooks do it, with this secret.
source "web" {
  adapter = "custom",
  secret  = secret "WEB_SECRET",
}

-- Tickets are kept here. A real helpdesk is one more block like this.
helpdesk "desk" { adapter = "desk" }

groups { "support", "billing", "tier2", "security", "legal" }
default_group "support"
response_time "within 4 hours"
