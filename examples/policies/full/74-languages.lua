-- P10: a team that does not speak the customer's language hands over to the one
-- beside it that does; where there is none, everybody's team gets it, marked for
-- a translator.

local team = require "00-team"

-- Nothing known of the language: nothing to change.
local language_known = function(c) return c.language ~= nil or c.customer ~= nil and c.customer.locale ~= nil end

local function elsewhere(group, change)
  for language, beside in pairs(team.beside[group] or {}) do
    modifier(group .. ": " .. beside .. " speaks " .. language) {
      when   = all { decided { action = "escalate", group = group }, speaks(language) },
      change = { group = beside },
    }
  end
  modifier(group .. ": nobody speaks it") {
    when   = all { decided { action = "escalate", group = group }, language_known, none { speaks(team.languages[group]) } },
    change = change,
  }
end

elsewhere("billing", { group = "general", tags = { "needs_translation" } })
elsewhere("tier2", { group = "general", tags = { "needs_translation" } })
elsewhere("general", { tags = { "needs_translation" } })
