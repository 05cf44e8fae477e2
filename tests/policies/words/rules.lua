-- One rule for each condition word (words_test.lua beside it has the cases): a
-- conversation names the word it is about, so that each stands alone.

local function probe(name, when)
  rule(name) {
    when     = all { field "word" :is(name), when },
    escalate = { reason = "word", next_step = "Reply." },
  }
end

-- a person is asked for
probe("direct", asks_for_human())
probe("vague", asks_for_human "vague")
probe("how to contact", asks_for_human "how_to_contact")
probe("vague twice", asks_for_human("vague", { times = 2 }))
probe("takeover", requested_by "takeover")

-- the AI does not get further
probe("unsure twice", confidence_below(0.55, { turns = 2 }))
probe("unsure", confidence_below(0.55))
probe("sad twice", sentiment_below(-0.3, { turns = 2 }))
probe("failed", failed_attempts(2))
probe("long", all { turns(8), none { outcome { "resolved_confirmed", "resolved_assumed" } } })
probe("ended", all { event "session.ended", outcome "unresolved", turns(2) })
probe("thanks", thanks())

-- the same again
probe("repeats", repeats(3))
probe("repeats twice", repeats(2))

-- mood
probe("frustrated", frustrated(4))
probe("annoyed", all { frustrated(2.5), none { frustrated(4) } })
probe("a point", frustrated(1))
probe("half a point", frustrated(0.5))
probe("anger counts", frustrated(2, { anger = 2 }))
probe("falling", falling(0.6, 4))

-- what is known
probe("before", field "paid" :before("2026-01-01"))
probe("after", field "paid" :after("2026-01-01"))
probe("within", field "paid" :within("14d"))
probe("at least", field "total" :at_least(50))
probe("below", field "total" :below(50))
probe("above", field "total" :above(50))
probe("at most", field "total" :at_most(50))

local total = amount { field = "total_minor", currency = "currency", table = { EUR = 1, USD = 0.92, JPY = 0.0062, KWD = 3 } }
probe("fifty", total:at_least(50))
probe("five hundred", total:at_least(500))
probe("five thousand", total:at_least(5000))
probe("under fifty", total:below(50))
probe("whole units", amount { field = "total", table = { EUR = 1, JPY = 0.0062 }, default = "EUR" }:at_least(50))
probe("refunds", field "refund_count_90d" :at_least(3))

-- themes
for _, theme in ipairs { "chargeback", "legal", "medical", "press", "privacy", "self_harm", "takeover", "threat" } do
  probe("mentions " .. theme, mentions(theme))
end
probe("law, not sales", all { mentions "legal", none { intent "sales" } })
probe("two themes", mentions { "press", "threat" })

-- lists beside the rules
probe("listed phrase", says { list "phrases.txt", "double charge" })
probe("listed customer", field "company" :one_of(list "vip.txt"))

-- who is there
probe("speaks es", speaks "es")
probe("speaks pt", speaks "pt")
probe("speaks pt-BR", speaks "pt-BR")
probe("automatic", automatic())
probe("empty", empty_opening())

-- pure data, and the same in words
local fields = { order_value_minor = { at_least = 50000 } }
probe("data", { says = { "refund" }, field = fields })
probe("data's words", all { field "order_value_minor" :at_least(50000), says { "refund" } })
probe("nested data", {
  none = { intent = "sales", tier = "free" },
  any = { { asks_for_human = "vague" }, { confidence_below = { 0.55, turns = 2 }, unresolved = true }, says_now "now" },
  falling = { 0.1, 2 },
})
probe("one word of data", { mentions = "legal" })
