-- A helpdesk of the old kind, for the crash tests alone: it knows no
-- idempotency key, so that a request which is blindly repeated becomes a
-- second ticket. The only way to know is to look by the hand-over's id.

local TICKETS = "/api/v2/tickets"

local function made(id)
  return done { id = id, display_id = id, saved = { id = id } }
end

local function build(t)
  return {
    method = "POST",
    path = TICKETS,
    json = { ticket = { external_id = t.handoff_id, subject = ticket.subject(t, 150), comment = { body = t.text } } },
  }
end

local function read(response)
  local id = ticket.fine(response) and take.id(take.at(response.json, "ticket.id"))
  if id then
    return made(id)
  end
  return unknown "the answer names no ticket"
end

local find = {
  build = function(t)
    return { method = "GET", path = TICKETS, query = { external_id = t.handoff_id } }
  end,

  read = function(response, t)
    local list = take.map(take.at(response.json, "tickets"))
    if not ticket.fine(response) or list == nil then
      return unknown(ticket.complaint(response))
    end
    local ids = {}
    for _, one in ipairs(list) do
      if type(one) == "table" and one.external_id == t.handoff_id then
        ids[#ids + 1] = take.id(one.id)
      end
    end
    if #ids == 0 then
      return missing()
    end
    ticket.sort_ids(ids)
    return found { ids = ids, display_id = ids[1], saved = { id = ids[1] } }
  end,
}

return helpdesk {
  name = "plain",
  needs = { url = "string", token = "secret?" },
  auth = bearer "{token}",
  carries = { format = "text", subject_max = 150, body_max = 64000 },
  unique = "search",
  lag_s = 0,
  steps = { { name = "create", build = build, read = read } },
  find = find,
}
