-- P16: loops and noise.
local ignored = { action = "ignore" }
local asks = "I want to talk to a real person"

local function mail(attributes, text)
  return conversation { customer(text or asks), channel = "email", attributes = attributes }
end
local function machine(attributes) return mail(attributes) end

cases "P16 machines and loops" {
  { "Auto-Submitted", machine { ["Auto-Submitted"] = "auto-replied" }, { action = "ignore", rule = "a machine wrote it" } },
  { "Precedence: bulk", machine { Precedence = "bulk" }, ignored },
  { "Precedence: auto_reply", machine { precedence = "auto_reply" }, ignored },
  { "X-Auto-Response-Suppress", machine { ["X-Auto-Response-Suppress"] = "All" }, ignored },
  { "spam flag", machine { spam = "yes" }, ignored },
  { "Auto-Submitted: no is a person", machine { ["Auto-Submitted"] = "no" }, { action = "escalate", reason = "customer_request" } },
  { "out of office, by its subject", mail { subject = "Out of office: back on Monday" }, ignored },
  { "Abwesenheitsnotiz", mail { subject = "Abwesenheitsnotiz: Mara Weiss" }, ignored },
  { "a human reply that quotes an auto reply", mail({ subject = "Re: my order" }, asks .. "\n> Out of office: I am away until Monday"),
    { action = "escalate", reason = "customer_request" } },
  { "sender in our own domain", mail { sender_domain = "mail.shop.example" }, { action = "ignore", rule = "from our own house" } },
  { "sender elsewhere", mail { sender_domain = "customer.example" }, { action = "escalate" } },
  { "own notification bounced back, by its tag", mail { subject = "Undelivered? Your request [usher:7ffpzkb4qgs2]" }, { action = "ignore", rule = "from our own house" } },
  { "own notification bounced back, by its message-id", mail { in_reply_to = "<d-41@usher.shop.example>" }, ignored },
  { "\"Out of office? where is your office\" is a question", mail({ subject = "Out of office? where is your office" }, "Where is your office?"), { action = "wait" } },
  { "the same as a text", conversation { customer "Out of office? where is your office" }, { action = "wait" } },
  { "third hand-over in an hour", mail { handoffs_last_hour = 2 }, { action = "escalate" } },
  { "fourth hand-over in an hour: guard and alert", mail { handoffs_last_hour = 3 }, { action = "notify", rule = "handed over again and again", notifiers = { "operations" } } },
  { "emoji-only opening", conversation { customer "👋😀" }, { action = "ignore", rule = "nothing was said" } },
  { "empty opening", conversation { customer "  " }, ignored },
  { "emoji after words", conversation { customer(asks), ai "Why?", customer "😡" }, { action = "escalate" } },
  { "an empty opening with a picture", conversation { customer { "", kind = "attachment", attachments = { { name = "a.png" } } } }, { action = "wait" } },
  { "danger comes through in a loop", conversation { customer "I want to kill myself", attributes = { handoffs_last_hour = 9 } }, { action = "escalate", reason = "safety" } },
}
