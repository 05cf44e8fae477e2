-- Who we are: the teams, which question goes to which, who is who, what money
-- is worth. The other files take it with require "00-team".

local team = {}

-- A rule that names no group leaves it to this table; what is not in it goes to
-- "general".
routing {
  { intent = { "refund", "billing", "billing_dispute", "duplicate_charge", "invoice" }, group = "billing" },
  { intent = { "technical", "crash", "how_to" }, group = "tier2" },
  { intent = { "account_access", "security_incident" }, group = "security" },
}
default { group = "general" }

-- The languages that a team answers in; and the team beside it for another one.
team.languages = {
  general   = { "en", "de", "fr", "es", "it", "pt", "nl", "pl" },
  billing   = { "en", "de" },
  tier2     = { "en" },
}
team.beside = {
  billing = { es = "billing_es", fr = "billing_fr" },
  tier2   = { de = "tier2_de" },
}

-- Customers whose wishes come first, and those that a promise is made to.
team.valued  = { "gold", "platinum", "vip" }
team.premium = { "premium", "vip" }

-- What one unit is worth in euros; changed once a month.
team.worth = { EUR = 1, USD = 0.92, GBP = 1.16, CHF = 1.05, PLN = 0.23, JPY = 0.0062 }

-- The hours stand in the configuration; a source that knows better says so.
team.closed = any { attribute "hours" :is("closed"), all { closed "support", none { attribute "hours" :is("open") } } }

-- Is it one of the list?
function team.is_one_of(list, value)
  for _, one in ipairs(list) do if one == value then return true end end
  return false
end

-- A text for the customer, one for each language: theirs, else English.
function team.in_their_language(texts)
  return function(c)
    local language = c.language or c.customer and c.customer.locale or "en"
    return texts[language] or texts[language:match("^%a+")] or texts.en
  end
end

return team
