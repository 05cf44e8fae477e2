-- What is measured: one AI chat, one helpdesk, 24 rules, two workers. The bench
-- puts its own ports in place of 18088 (the engine) and 18089 (the vendor).
listen "127.0.0.1:18088"
admin { socket = "admin.sock" }
store "usher.db"
policy "rules"
workers(2)

source "web" {
  adapter = "custom", secret = secret "WEB_SECRET",
  reply_url = "http://127.0.0.1:18089/reply", reply_secret = secret "WEB_SECRET",
  allow_private = true, allow_plain = true, window_max = 64,
}
helpdesk "zd" {
  adapter = "zendesk", url = "http://127.0.0.1:18089", subdomain = "shop",
  email = "desk@shop.example", token = secret "WEB_SECRET",
  allow_private = true, allow_plain = true, window_max = 64,
}
groups { "support", "billing", "logistics", "security", "legal", "retention" }
default_group "support"
response_time "within 4 hours"
