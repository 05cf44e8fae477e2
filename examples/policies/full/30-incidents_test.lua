-- P14: known incidents.
local function said(text, more)
  local t = more or {}
  t[1] = customer(text)
  return conversation(t)
end
local told = { action = "link", rule = "a known incident", link_to = "90017", tags = { "incident:pay-0412" } }

cases "P14 incident link" {
  { "outage keyword and region: linked, no ticket", said("My payment failed", { attributes = { region = "EU" } }), told },
  { "the customer gets the status page", said("My payment failed", { attributes = { region = "eu" } }),
    { message = "We know about this and are working on it: Card payments fail in Europe. You can follow it at https://status.shop.example/pay-0412; you need not do anything. If you want to talk to a person all the same, just say so." } },
  { "intent and region", said("hm", { intent = "payment_failed", attributes = { region = "uk" } }), told },
  { "keyword and version, told as a field", said("There is a white screen", { fields = { app_version = "5.1.1" } }), { action = "link", link_to = "89950" } },
  { "keyword and another version", said("There is a white screen", { fields = { app_version = "5.2.0" } }), { action = "wait" } },
  { "other region: normal", said("My payment failed", { attributes = { region = "us" } }), { action = "wait" } },
  { "other region, though two others fit", said("My payment failed", { intent = "payment_failed", attributes = { region = "us" } }), { action = "wait" } },
  { "one signal alone", said "My payment failed", { action = "wait", link_to = absent } },
  { "one signal alone, of a vip", said("My payment failed", { tier = "vip" }), { action = "wait", link_to = absent } },
  { "one signal alone, and a wish for a person: no link", said "My payment failed, let me talk to a real person", { action = "escalate", link_to = absent, tags = lacks "incident:pay-0412" } },
  { "incident closed: normal", said("I have no confirmation mail", { attributes = { region = "eu" } }), { action = "wait" } },
  { "told once", said("My payment failed", { attributes = { region = "eu" }, rule_state = { linked = { ["a known incident"] = 1 } } }), { action = "wait", link_to = absent } },
  { "direct request: a ticket with the link", said("My payment failed, let me talk to a real person", { attributes = { region = "eu" } }),
    { action = "escalate", reason = "customer_request", link_to = "90017", tags = { "incident:pay-0412" } } },
  { "a vip is called, linked", said("My payment failed", { tier = "vip", attributes = { region = "eu" } }),
    { action = "escalate", priority = "high", need = "callback", link_to = "90017", next_step = "Call; the problem is pay-0412: Card payments fail in Europe." } },
  { "no link without an incident", said "let me talk to a real person", { action = "escalate", reason = "customer_request", link_to = absent } },
}
