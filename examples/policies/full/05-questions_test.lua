-- P11: collect, then hand over. What was asked before stands in rule_state.
local rule_name = "refund of 50 and more"

local function refund(text, fields, more)
  local t = more or {}
  t[1] = customer(text)
  t.intent = "refund"
  t.fields = fields or {}
  t.fields.order_value_minor = t.fields.order_value_minor or 6000
  return conversation(t)
end

-- A question was asked `tried` times; then the customer says this.
local function answered(text, tried, more)
  local t = more or {}
  t[1], t[2], t[3] = customer "I want a refund", ai "What is your order number?", text and customer(text) or nil
  t.intent = "refund"
  t.fields = t.fields or {}
  t.fields.order_value_minor = 6000
  t.rule_state = { collect = { rule = rule_name, slot = "order_number", values = {}, tried = tried, seq = 1 } }
  return conversation(t)
end
local ticket = { action = "escalate", group = "billing", rule = rule_name }

cases "P11 collect, then hand over" {
  { "all known: no question", refund("I want a refund", { order_number = "AB123456", payment_date = "2026-11-03" }), ticket },
  { "all said at once: no question", refund "Refund for AB123456, paid on 3.11.2026", { action = "escalate", fields = { order_number = "AB123456", payment_date = "2026-11-03" } } },
  { "one missing: one question", refund("I want a refund", { payment_date = "2026-11-03" }), { action = "collect", message = "What is your order number? It looks like AB123456.", collect = { slot = "order_number", missing = { "order_number" } } } },
  { "the question in the customer's language", refund("Ich will mein Geld", {}, { language = "de" }), { action = "collect", message = "Wie lautet Ihre Bestellnummer? Sie sieht aus wie AB123456." } },
  { "then a ticket with the field", answered("it is ab123456", 1, { fields = { payment_date = "2026-11-03" } }), { action = "escalate", reason = "refund", fields = { order_number = "AB123456" } } },
  { "wrong once: again, in other words", answered("the red one", 1), { action = "collect", message = "I could not find an order number in that. It is two letters and six digits, like AB123456." } },
  { "wrong twice after that: a ticket with the raw text", answered("number seven", 3), { action = "escalate", reason = "incomplete_info", reasons = { "refund" }, fields = { order_number_as_written = "number seven" } } },
  { "the ticket says what is missing", answered("number seven", 3), { summary = "Not known: order number, payment date (the customer gave no answer that could be read)." } },
  { "ten silent minutes is what the question waits", answered("the red one", 1), { action = "collect", timing = "wait", wait_s = 600 } },
  { "\"just get me a person\": a ticket", answered("just get me a person", 1), { action = "escalate", reason = "customer_request" } },
  { "lawyer during the questions: legal", answered("my lawyer will write to you", 1), { action = "escalate", reason = "legal", group = "legal_ops" } },
  { "danger during the questions: safety", answered("I want to kill myself", 1), { reason = "safety" } },
  { "sentiment -0.6 during the questions", answered({ "what else", sentiment = -0.6 }, 1), { action = "escalate", reason = "incomplete_info" } },
  { "\"I don't have it\"", answered("I don't have it", 1), { action = "escalate", reason = "incomplete_info" } },
  { "a card's number is no answer and is not stored", answered("[card]", 1), { action = "collect", collect = { slot = "order_number", missing = { "order_number", "payment_date" } } } },
  { "two slots in one message", answered("AB654321 and 2026-10-01", 1), { action = "escalate", fields = { order_number = "AB654321", payment_date = "2026-10-01" } } },
  { "one slot of two: the next question", answered("AB654321", 1), { action = "collect", message = "When did you pay?" } },
  { "the AI session ends during the questions", answered(nil, 1, { outcome = "unresolved" }), { action = "escalate", reason = "incomplete_info" }, event = "session.ended" },
  { "technical: device, version, error", conversation { customer "it crashes", intent = "crash", failed_attempts = 2 }, { action = "collect", message = "Which device do you use?", collect = { missing = { "device", "app_version", "error_text" } } } },
  { "account: nothing is asked", conversation { customer "I cannot get in", intent = "account_access" }, { action = "escalate" } },
}
