-- silent "15m": it is the customer's turn, and has been for that long: they were
-- answered and nothing came back.

local core = rule_language
local new = core.new_condition

function silent(span)
  local limit = core.duration(core.place(2), span)
  return new {
    quick = core.may(core.present("c", "last_ai_at_ms")),
    expr = "silent \"" .. span .. "\"", op = ">=", threshold = limit,
    check = function(m)
      local c, now = m.c, m.facts.now_ms
      local spoke, answered = c.last_customer_at_ms, c.last_ai_at_ms
      if not spoke or not now then return false, nil, true end
      if not answered or answered < spoke then return false, "not answered" end
      local quiet = (now - spoke) / 1000
      return quiet >= limit, quiet, nil, quiet < limit and limit - quiet or nil
    end,
  }
end
core.words.silent = silent
