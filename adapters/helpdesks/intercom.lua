-- Intercom: tickets, or conversations in the inbox. It has no idempotency key:
-- what is made carries the hand-over's id in its first text, and is looked for
-- among what the customer has before any doubt is repeated.
--
--   helpdesk "ic" {
--     adapter = "intercom", token = secret "INTERCOM_TOKEN", admin_id = "991",
--     as = "conversation", -- or "ticket", with ticket_type_id = "88"
--     team_id = "5017691", workspace = "u5h3r0a1",
--     tags = { refund = "7522907" }, fields = { order_number = "order_number" },
--   }
--
-- admin_id is the teammate in whose name notes are written; groups name their
-- team: groups { billing = { ids = { ic = "5017692" } } }. A conversation of the
-- source "intercom", or one whose id the chat tells (conversation_field), is
-- not made a second time: it is opened, noted in and given to the team.
-- Other regions: url = "https://api.eu.intercom.io".

local TAGS_MAX = 8 -- each is a request
local TITLE_MAX = 255
local OPENING_MAX = 8000
local PER_PAGE = 150

local levels = { low = "Low", normal = "Normal", high = "High", urgent = "Urgent" }
local statuses = {
  submitted = "open",
  in_progress = "in_progress",
  waiting_on_customer = "waiting",
  resolved = "resolved",
}

local function request(method, path, cfg, json)
  return {
    method = method,
    path = path,
    headers = { ["Intercom-Version"] = take.line(cfg.api_version, 20) or "2.16", Accept = "application/json" },
    json = json,
  }
end

local function search(path, cfg, query)
  return request("POST", path, cfg, { query = query, pagination = { per_page = PER_PAGE } })
end

local function equals(field, value)
  return { field = field, operator = "=", value = value }
end

local function admin(cfg)
  return take.id(cfg.admin_id)
end

local number = take.digits

local function thing(kind, id, rest)
  return "/" .. kind .. "s/" .. url.encode(id) .. (rest or "")
end

local function page(cfg, id)
  local workspace = take.id(cfg.workspace)
  return workspace
      and ("https://app.intercom.com/a/inbox/%s/inbox/conversation/%s"):format(url.encode(workspace), url.encode(id))
    or nil
end

-- Those of the Fin Agent API have ids of somebody else's chat.
local function home(t, cfg)
  local foreign = take.at(t.source, "state.fin_agent") == true
  return ticket.home(t, cfg, not foreign and "intercom" or nil)
end

-- It is handed over itself; a ticket is linked with it.
local function own(t, cfg)
  return t.as == "conversation" and home(t, cfg) or nil
end

-- --- who it is, and whether it goes on in something -------------------------------

-- Everybody has a name for Intercom: who has neither account nor address gets
-- that of the conversation, so that a repeat finds the same person.
local function person(t)
  local c = take.map(t.customer) or {}
  local email = take.email(c.email)
  return {
    external_id = take.id(c.external_id) or not email and take.id(t.conversation_id) or nil,
    email = email,
    name = take.line(c.name, 200),
    phone = take.line(c.phone, 64),
  }
end

local function build_search(t, cfg)
  local who, any = person(t), {}
  if who.external_id then
    any[#any + 1] = equals("external_id", who.external_id)
    -- The source says Intercom's own id of those who have no other.
    any[#any + 1] = who.external_id:find "^%x+$" and #who.external_id == 24 and equals("id", who.external_id) or nil
  end
  any[#any + 1] = who.email and equals("email", who.email) or nil
  return search("/contacts/search", cfg, { operator = "OR", value = any })
end

-- The account first: an address may be shared. The oldest of several.
local function pick(list, who)
  local best, rank
  for _, one in ipairs(list) do
    local id = take.map(one) and take.id(one.id)
    local mine = id
      and ((one.external_id == who.external_id or id == who.external_id) and who.external_id and 1
        or type(one.email) == "string" and who.email and one.email:lower() == who.email:lower() and 2)
    if mine and (rank == nil or mine < rank) then
      best, rank = id, mine
    end
  end
  return best
end

local function build_person(t, cfg, saved)
  local who = person(t)
  return request("POST", "/contacts", cfg, {
    role = "user",
    external_id = who.external_id or saved.bare and take.id(t.conversation_id) or nil,
    email = not saved.bare and who.email or nil,
    name = who.name,
    phone = not saved.bare and who.phone or nil,
  })
end

-- The ticket or conversation to go on in; tickets among those of the customer,
-- by either of their two numbers, so that no other customer's is written in.
local function build_look(t, cfg, saved)
  local there = own(t, cfg) or number(t.append_to)
  if t.as == "conversation" then
    return request("GET", thing("conversation", there), cfg)
  end
  return search("/tickets/search", cfg, equals("contact_ids", saved.contact))
end

local function build_contact(t, cfg, saved)
  if saved.contact or own(t, cfg) and not saved.gone then
    return build_look(t, cfg, saved)
  elseif saved.create then
    return build_person(t, cfg, saved)
  end
  return build_search(t, cfg)
end

local function again_with(saved, more)
  return again { saved = ticket.merged(saved, more) }
end

-- Who is known: is there something to go on in?
local function known(t, saved, id)
  local mine = ticket.merged(saved, { contact = id })
  if number(t.append_to) and not saved.gone then
    return again { saved = mine }
  end
  return done { saved = { contact = id } }
end

local function seen_ticket(list, t, saved)
  for _, one in ipairs(list) do
    local id = take.map(one) and take.id(one.id)
    if id and (id == t.append_to or take.id(one.ticket_id) == t.append_to) then
      local shown = take.id(one.ticket_id)
      return { contact = saved.contact, id = id, shown = shown, kind = "ticket", there = true, closed = one.open == false }
    end
  end
  return nil
end

local function has_contact(conversation, contact)
  for _, one in ipairs(take.map(take.at(conversation, "contacts.contacts")) or {}) do
    if take.map(one) and take.id(one.id) == contact then
      return true
    end
  end
  return false
end

local function seen_conversation(json, t, cfg, saved)
  local id = take.id(json.id)
  if id ~= (own(t, cfg) or t.append_to) or not own(t, cfg) and not has_contact(json, saved.contact) then
    return nil
  end
  local closed = json.open == false or json.state == "closed" or json.state == "snoozed"
  return { contact = saved.contact, id = id, kind = "conversation", there = true, closed = closed }
end

-- Looked in vain: a new one. Without its own conversation nobody has asked yet
-- who the customer is.
local function looked(seen, saved)
  if seen then
    return done { saved = seen }
  elseif saved.contact then
    return done { saved = { contact = saved.contact } }
  end
  return again_with(saved, { gone = true })
end

-- It exists, by the address or by the account: Intercom names it, else it is
-- made with the account alone.
local function read_conflict(response, t, saved)
  local first = take.map((take.map(take.at(response.json, "errors")) or {})[1]) or {}
  local id = (take.text(first.message) or ""):match "id=(%x+)"
  if id then
    return known(t, saved, id)
  elseif not saved.bare then
    return again_with(saved, { create = true, bare = true })
  end
  return refused(ticket.complaint(response))
end

-- What a look showed. Behind a restart nobody knows any more for whom: begin
-- anew.
local function read_look(json, t, cfg, saved)
  local tickets = take.map(json.tickets)
  if saved.contact == nil and (tickets or not own(t, cfg)) then
    return again { saved = {} }
  elseif tickets then
    return looked(seen_ticket(tickets, t, saved), saved)
  end
  return looked(seen_conversation(json, t, cfg, saved), saved)
end

-- Each answer has a shape of its own: after a restart, when what was saved is
-- forgotten, nobody takes one for another.
local function read_contact(response, t, cfg, saved)
  local json = take.map(response.json) or {}
  if ticket.fine(response) and (take.map(json.tickets) or json.type == "conversation") then
    return read_look(json, t, cfg, saved)
  elseif ticket.fine(response) and take.map(json.data) then
    local id = pick(json.data, person(t))
    return id and known(t, saved, id) or again_with(saved, { create = true })
  elseif ticket.fine(response) and take.id(json.id) then
    return known(t, saved, take.id(json.id))
  elseif response.status == 409 then
    return read_conflict(response, t, saved)
  elseif saved.contact or own(t, cfg) and not saved.gone then
    return looked(nil, saved)
  elseif not saved.create then
    return again_with(saved, { create = true })
  elseif not saved.bare and not ticket.fine(response) then
    return again_with(saved, { bare = true })
  end
  return refused(ticket.complaint(response))
end

-- --- what is made -----------------------------------------------------------------------

local function team(t, cfg)
  return take.id(t.group_id) or take.id(cfg.team_id)
end

-- Attributes of a ticket type, or of conversations, by their names.
local function attributes(t, cfg)
  local out = ticket.named_fields(t, cfg.fields) or {}
  local level = take.line(cfg.priority_attribute, 200)
  if level then
    out[level] = take.text(ticket.priority(t, cfg, levels))
  end
  return out
end

local function ticket_attributes(t, cfg, saved)
  local out = saved.plain and {} or attributes(t, cfg)
  local id_field = not saved.plain and take.line(cfg.id_attribute, 200) or nil
  out._default_title_ = ticket.subject(t, TITLE_MAX)
  out._default_description_ = ticket.opening(t, OPENING_MAX)
  if id_field then
    out[id_field] = t.handoff_id
  end
  return out
end

local function build_ticket(t, cfg, saved)
  local to, who = team(t, cfg), number(t.assignee)
  return request("POST", "/tickets", cfg, {
    ticket_type_id = take.id(cfg.ticket_type_id),
    contacts = { { id = saved.contact } },
    ticket_attributes = ticket_attributes(t, cfg, saved),
    conversation_to_link_id = not saved.plain and home(t, cfg) or nil,
    assignment = not saved.plain and take.some { team_assignee_id = to, admin_assignee_id = who } or nil,
  })
end

local function build_conversation(t, cfg, saved)
  return request("POST", "/conversations", cfg, {
    from = { type = "contact", id = saved.contact },
    body = ticket.opening(t, OPENING_MAX),
  })
end

local function build_create(t, cfg, saved)
  if saved.id then
    return done { id = saved.id, saved = saved }
  elseif t.as == "ticket" then
    return build_ticket(t, cfg, saved)
  end
  return build_conversation(t, cfg, saved)
end

local function made(saved, kind, id, shown)
  return done { id = id, saved = ticket.merged(saved, { id = id, shown = shown, kind = kind }) }
end

-- What is optional may be what was refused: once more without it, and the note
-- says so.
local function read_create(response, _, _, saved)
  local json = take.map(response.json) or {}
  local talk, id = take.id(json.conversation_id), take.id(json.id)
  if ticket.fine(response) and talk then
    return made(saved, "conversation", talk)
  elseif ticket.fine(response) then
    return id and json.type == "ticket" and made(saved, "ticket", id, take.id(json.ticket_id))
      or unknown "the answer names nothing that was made"
  elseif response.status == 409 or response.status == 423 then
    return retry()
  elseif not saved.plain then
    return again_with(saved, { plain = true, left_out = take.line(ticket.complaint(response), 200) })
  end
  return refused(ticket.complaint(response))
end

local function is_ours(one, t)
  local first = take.text(take.at(one, "ticket_attributes._default_description_")) or take.text(take.at(one, "source.body"))
  return first ~= nil and first:find(t.handoff_id, 1, true) ~= nil
end

-- Among what the customer has; the search lags behind, see lag_s.
local find_made = {
  build = function(t, cfg, saved)
    local kind = t.as == "ticket" and "ticket" or "conversation"
    local since = (take.integer(t.created_at_ms) or 0) // 1000 - 60
    local query = saved.contact and equals("contact_ids", saved.contact)
      or { field = "created_at", operator = ">", value = since }
    return search("/" .. kind .. "s/search", cfg, query)
  end,

  read = function(response, t, _, saved)
    local json = take.map(response.json) or {}
    local list, ids, shown = take.map(json.tickets) or take.map(json.conversations), {}, {}
    if not ticket.fine(response) or list == nil then
      return unknown(ticket.complaint(response))
    end
    for _, one in ipairs(list) do
      local id = take.map(one) and is_ours(one, t) and take.id(one.id)
      if id then
        ids[#ids + 1], shown[id] = id, take.id(one.ticket_id)
      end
    end
    if #ids == 0 then
      return missing()
    end
    ticket.sort_ids(ids)
    local kind = json.tickets and "ticket" or "conversation"
    return found { ids = ids, saved = ticket.merged(saved, { id = ids[1], shown = shown[ids[1]], kind = kind }) }
  end,
}

-- --- the note -------------------------------------------------------------------------------

local function files(t)
  local list = {}
  for _, file in ipairs(take.map(t.attachments) or {}) do
    list[#list + 1] = { content_type = "text/plain", name = file.name, data = file.data }
  end
  return take.some(list)
end

local function note(kind, id, cfg, body, attached)
  return request("POST", thing(kind, id, "/reply"), cfg, {
    message_type = "note",
    type = "admin",
    admin_id = admin(cfg),
    body = body,
    attachment_files = attached,
  })
end

local function build_note(t, cfg, saved)
  local body = t.text
  if saved.left_out then
    body = "<p>usher: made without what is optional (" .. take.escape_html(saved.left_out) .. ")</p>" .. body
  end
  return note(saved.kind, saved.id, cfg, body, not saved.no_files and files(t) or nil)
end

local function read_note(response, t, _, saved)
  if ticket.fine(response) then
    return done {}
  elseif response.status == 409 or response.status == 423 then
    return retry()
  elseif files(t) and not saved.no_files then
    return again_with(saved, { no_files = true })
  end
  return refused(ticket.complaint(response))
end

-- A note of which our word is a part; what the customer was told has it too.
local function find_note(response, word, id)
  local json = take.map(response.json) or {}
  local parts = take.map(take.at(json, "conversation_parts.conversation_parts"))
    or take.map(take.at(json, "ticket_parts.ticket_parts"))
  if not ticket.fine(response) or parts == nil then
    return unknown(ticket.complaint(response))
  end
  for _, part in ipairs(parts) do
    local body = take.map(part) and part.part_type == "note" and take.text(part.body)
    if body and body:find(word, 1, true) then
      return found { ids = { id } }
    end
  end
  return missing()
end

local noted = {
  build = function(_, cfg, saved)
    return request("GET", thing(saved.kind, saved.id), cfg)
  end,
  read = function(response, t, _, saved)
    return find_note(response, t.handoff_id, saved.id)
  end,
}

-- --- the rest: each may be set twice ----------------------------------------------------------

local function tags_of(kind, id, labels, cfg, list)
  local known_tags, n = take.map(cfg.tags) or {}, 0
  for _, label in ipairs(labels) do
    local tag = take.id(known_tags[label])
    if tag and n < TAGS_MAX then
      n = n + 1
      list[#list + 1] = request("POST", thing(kind, id, "/tags"), cfg, { id = tag, admin_id = admin(cfg) })
    end
  end
  return list
end

local function tag_requests(t, cfg, saved, list)
  tags_of(saved.kind, saved.id, ticket.labels(t, cfg), cfg, list)
end

local function part_request(cfg, saved, json)
  json.admin_id = admin(cfg)
  return request("POST", thing("conversation", saved.id, "/parts"), cfg, json)
end

-- The subject becomes the title of what had none.
local function conversation_requests(t, cfg, saved, list)
  local to = number(t.assignee) or team(t, cfg)
  local set = take.some {
    title = not saved.there and ticket.subject(t, TITLE_MAX) or nil,
    custom_attributes = take.some(attributes(t, cfg)),
  }
  if saved.closed then
    list[#list + 1] = part_request(cfg, saved, { message_type = "open" })
  end
  if set then
    list[#list + 1] = request("PUT", thing("conversation", saved.id), cfg, set)
  end
  if number(t.link_to) then
    list[#list + 1] = request("POST", thing("ticket", t.link_to, "/linked_conversations"), cfg, { conversation_id = saved.id })
  end
  tag_requests(t, cfg, saved, list)
  if to then
    list[#list + 1] = part_request(cfg, saved, { message_type = "assignment", type = "admin", assignee_id = to })
  end
end

-- A ticket that was there is opened again, and given to who is to have it now.
local function ticket_requests(t, cfg, saved, list)
  local to = number(t.assignee) or team(t, cfg)
  if saved.there or saved.plain and to then
    list[#list + 1] = request("PUT", thing("ticket", saved.id), cfg, {
      open = saved.closed and true or nil,
      assignee_id = to,
      admin_id = take.integer(cfg.admin_id),
      ticket_attributes = saved.there and take.some(attributes(t, cfg)) or nil,
    })
  end
  tag_requests(t, cfg, saved, list)
end

local function settling(t, cfg, saved)
  local list = {}
  if saved.kind == "ticket" then
    ticket_requests(t, cfg, saved, list)
  else
    conversation_requests(t, cfg, saved, list)
  end
  return list
end

local function settled(cfg, saved)
  return done { id = saved.id, display_id = saved.shown or saved.id, url = page(cfg, saved.id), there = saved.there }
end

local function build_settle(t, cfg, saved)
  return ticket.in_turn(settling(t, cfg, saved), saved, settled(cfg, saved))
end

-- What is refused here is left as it is: the brief is with the people already.
local function read_settle(_, t, cfg, saved)
  return ticket.next_turn(settling(t, cfg, saved), saved, settled(cfg, saved))
end

-- --- later: what the customer adds --------------------------------------------------------------

local function at(t, saved)
  return saved.kind or t.as, take.id(saved.id) or number(t.ticket_id) or "0"
end

-- Tags that come to those it has are set in front, each by a request that may be
-- made twice: saved.tagged of them are.
local function next_tag(t, cfg, saved)
  local kind, id = at(t, saved)
  return tags_of(kind, id, ticket.added(t), cfg, {})[(saved.tagged or 0) + 1]
end

local update = {
  -- In the customer's own conversation the message stands already.
  build = function(t, cfg, saved)
    local kind, id = at(t, saved)
    local tag = next_tag(t, cfg, saved)
    if tag then
      return tag
    elseif kind == "conversation" and id == home(t, cfg) then
      return nil
    end
    local mark = "<p>(" .. take.escape_html(ticket.mark(t.update.key)) .. ")</p>"
    local r = note(kind, id, cfg, t.update.text_mark .. mark)
    if t.update.public == true then
      r.json.message_type = "comment"
    end
    return r
  end,

  -- A tag is answered with a tag.
  read = function(response, t, cfg, saved)
    local _, id = at(t, saved)
    local tagged = not ticket.fine(response) and response.status ~= 409 or take.at(response.json, "type") == "tag"
    if tagged and next_tag(t, cfg, saved) then
      return again_with(saved, { tagged = (saved.tagged or 0) + 1 })
    elseif ticket.fine(response) then
      return done { id = id, url = page(cfg, id) }
    elseif response.status == 409 then
      return retry()
    end
    return refused(ticket.complaint(response))
  end,

  find = {
    build = function(t, cfg, saved)
      local kind, id = at(t, saved)
      return request("GET", thing(kind, id), cfg)
    end,
    read = function(response, t, _, saved)
      local _, id = at(t, saved)
      if t.update.public == true then
        return unknown "a public reply is no note; look into the conversation"
      end
      return find_note(response, ticket.mark(t.update.key), id)
    end,
  },
}

-- --- its webhooks -------------------------------------------------------------------------------

local talk_topics = {
  ["conversation.admin.closed"] = "closed",
  ["conversation.admin.opened"] = "open",
  ["conversation.admin.snoozed"] = "waiting",
  ["conversation.admin.replied"] = "in_progress",
}

-- Some versions wrap the ticket: it is known by its type.
local function ticket_of(item)
  local inner = take.map(item.ticket)
  return item.type == "ticket" and item or inner and inner.type == "ticket" and inner or nil
end

local function ticket_status(one, event, cfg)
  local category = take.text(take.at(one, "ticket_state.category"))
  local ours = ticket.status(category, cfg, statuses)
  if ours == "resolved" and one.open == false then
    ours = "closed"
  end
  return ours
    and {
      id = take.id(one.id),
      status = ours,
      native_status = category,
      at_ms = take.ms(event.created_at),
      event_id = take.id(event.id),
    }
end

local function status(event, _, cfg)
  local item = take.map(take.at(event, "data.item")) or {}
  local one, ours = ticket_of(item), talk_topics[event.topic]
  if one then
    return ticket_status(one, event, cfg) or nil
  elseif ours and item.type == "conversation" and take.id(item.id) then
    return {
      id = take.id(item.id),
      status = ours,
      native_status = take.text(item.state),
      at_ms = take.ms(event.created_at),
      event_id = take.id(event.id),
    }
  end
  return nil
end

return helpdesk {
  name = "intercom",
  needs = {
    token = "secret",
    admin_id = "any",
    ticket_type_id = "any?",
    team_id = "any?",
    workspace = "string?",
    conversation_field = "string?",
    id_attribute = "string?",
    priority_attribute = "string?",
    priorities = "table?",
    fields = "table?",
    tags = "table?",
    skills = "table?",
    statuses = "table?",
    api_version = "string?",
    url = "string?",
  },
  base = "https://api.intercom.io",
  auth = bearer "{token}",
  carries = { format = "html", subject_max = TITLE_MAX, body_max = 60000, attachments = true },
  unique = "search",
  lag_s = 60, -- Intercom promises nothing about its search
  window_max = 10,
  reset_header = "x-ratelimit-reset",
  makes = { { as = "ticket", needs = { "ticket_type_id" } }, { as = "conversation" } },
  continues = { "intercom" },
  steps = {
    { name = "contact", build = build_contact, read = read_contact, repeatable = true },
    { name = "create", after = "contact", build = build_create, read = read_create },
    { name = "note", after = "create", build = build_note, read = read_note, find = noted },
    { name = "settle", after = "note", build = build_settle, read = read_settle, repeatable = true },
  },
  find = find_made,
  update = update,
  status = status,
  statuses = statuses,
  webhook = {
    verify = {
      header = "x-hub-signature",
      algorithm = "sha1",
      key = "raw",
      signed = "{body}",
      encoding = "hex",
      prefix = "sha1=",
    },
    event_key = { "body:id" },
  },
}
