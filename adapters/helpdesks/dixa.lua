-- Dixa. Everything in it is a conversation: as = "ticket" is one of its own, a
-- contact form or an e-mail with a subject; as = "conversation" is the one that
-- the customer is in, when the chat tells its id or is Dixa's own, else a chat.
--
--   helpdesk "dx" {
--     adapter = "dixa", token = secret "DIXA_TOKEN",
--     email_integration = "support@email.dixa.io", -- for as = "ticket"
--     widget_id = "…", conversation_field = "dixa_conversation",
--     queue = "…", queues = { urgent = "…" }, agent_id = "…",
--     fields = { order_number = "attribute's uuid" },
--   }
--
-- The first message has the hand-over's id as externalId: Dixa refuses the same
-- a second time. How long it remembers is not said, so that a doubt is looked
-- up among the customer's conversations first. A group's queue is
-- groups { billing = { ids = { dx = "uuid" } } }; Dixa has no priorities, high
-- and urgent are tags (and a queue, where queues names one).

local SUBJECT_MAX = 250
local OPENING_MAX = 8000
local TAGS_MAX = 30
local LOOK_AT = 6 -- conversations of a customer whose messages are looked into
local SINCE_MS = 3600000

local statuses = { open = "open", pending = "waiting", awaitingpending = "waiting", closed = "resolved" }

local function request(method, path, cfg, json)
  return {
    method = method,
    path = "/" .. (take.line(cfg.api_version, 20) or "v1") .. path,
    headers = { Accept = "application/json" },
    json = json,
  }
end

local number = take.digits

local function talk(id, rest)
  return "/conversations/" .. url.encode(id) .. (rest or "")
end

local function page(cfg, id)
  local organisation = take.line(cfg.organisation, 60)
  return organisation and organisation:find "^[%w-]+$" and "https://" .. organisation .. ".dixa.com/conversation/" .. id or nil
end

local function home(t, cfg)
  return ticket.home(t, cfg, "dixa")
end

-- It is handed over itself.
local function own(t, cfg)
  return t.as == "conversation" and home(t, cfg) or nil
end

local function again_with(saved, more)
  return again { saved = ticket.merged(saved, more) }
end

local function data_of(response)
  return take.map(take.at(response.json, "data"))
end

-- --- whether it goes on in something ---------------------------------------------------

local function target(t, cfg)
  return own(t, cfg) or number(t.append_to)
end

local function build_look(t, cfg)
  local there = target(t, cfg)
  return there and request("GET", talk(there), cfg) or done {}
end

local function read_look(response, t, cfg)
  local one = data_of(response) or {}
  local id = take.id(one.id)
  if ticket.fine(response) and id and id == target(t, cfg) then
    return done {
      saved = { id = id, there = true, requester = take.id(one.requesterId), closed = one.state == "Closed" or nil },
    }
  end
  return done {} -- it is not there: a new one
end

-- --- who it is ------------------------------------------------------------------------

-- Who has neither account, address nor number gets that of the conversation, so
-- that a repeat finds the same person.
local function person(t)
  local c = take.map(t.customer) or {}
  local email, phone = take.email(c.email), take.line(c.phone, 64)
  return {
    externalId = take.id(c.external_id) or not (email or phone) and take.id(t.conversation_id) or nil,
    email = email,
    phoneNumber = phone,
    displayName = take.line(c.name, 200) or email and email:match "^[^@]+" or take.id(c.external_id),
  }
end

-- One at a time: Dixa takes no two of them together.
local keys = { { "externalId", "externalId" }, { "email", "email" }, { "phone", "phoneNumber" } }

-- The request, and by which key it asks; nil behind the last.
local function ask_person(t, cfg, from)
  local who = person(t)
  for i = from or 1, #keys do
    local value = who[keys[i][2]]
    if value then
      local r = request("GET", "/endusers", cfg)
      r.query = { [keys[i][1]] = value }
      return r, i
    end
  end
  return nil
end

local function make_person(t, cfg, saved)
  local who = person(t)
  if saved.bare then
    who = { externalId = who.externalId or take.id(t.conversation_id), displayName = who.displayName }
  end
  return request("POST", "/endusers", cfg, who)
end

local function build_contact(t, cfg, saved)
  if saved.id and own(t, cfg) then
    return done {}
  end
  return not saved.create and ask_person(t, cfg, saved.asked) or make_person(t, cfg, saved)
end

-- Another customer's conversation is none to write in.
local function known(saved, contact)
  if saved.id and saved.requester == contact then
    return { id = saved.id, there = true, closed = saved.closed, contact = contact }
  end
  return { contact = contact }
end

-- The oldest of several.
local function first_of_list(list)
  local best, since
  for _, one in ipairs(list) do
    local id = take.map(one) and take.id(one.id)
    local made = id and (take.text(one.createdAt) or "9")
    if id and (since == nil or made < since) then
      best, since = id, made
    end
  end
  return best
end

-- Not by this key: by the next, or nil when that was the last.
local function ask_on(t, cfg, saved)
  local _, now = ask_person(t, cfg, saved.asked)
  if now and ask_person(t, cfg, now + 1) then
    return again_with(saved, { asked = now + 1 })
  end
  return nil
end

local function read_contact(response, t, cfg, saved)
  local data = data_of(response)
  local id = ticket.fine(response) and data and (take.id(data.id) or first_of_list(data))
  if id then
    return done { saved = known(saved, id) }
  elseif not saved.create then
    return ask_on(t, cfg, saved) or again_with(saved, { create = true })
  elseif not saved.bare then
    return again_with(saved, { bare = true })
  end
  return refused(ticket.complaint(response))
end

local find_contact = {
  build = function(t, cfg, saved)
    return (ask_person(t, cfg, saved.asked))
  end,

  read = function(response, t, cfg, saved)
    local data = data_of(response)
    if not ticket.fine(response) or data == nil then
      return unknown(ticket.complaint(response))
    end
    local id = first_of_list(data)
    return id and found { ids = { id }, saved = known(saved, id) } or ask_on(t, cfg, saved) or missing()
  end,
}

-- --- what is made -----------------------------------------------------------------------

local function language(t)
  local tag = take.language(t.language)
  return tag and tag:match "^%a%a%f[%A]" and tag:sub(1, 2):lower() or nil
end

local function first_message(t)
  return {
    _type = "Inbound",
    externalId = t.handoff_id,
    content = { _type = "Text", value = ticket.opening(t, OPENING_MAX) },
  }
end

local function build_new(t, cfg, saved)
  local chat = t.as == "conversation" and take.id(cfg.widget_id)
  if chat then
    return request("POST", "/conversations", cfg, {
      _type = "Chat",
      requesterId = saved.contact,
      widgetId = chat,
      message = first_message(t),
      language = not saved.plain and language(t) or nil,
    })
  elseif cfg.email_integration then
    return request("POST", "/conversations", cfg, {
      _type = cfg.channel == "Email" and "Email" or "ContactForm",
      requesterId = saved.contact,
      emailIntegrationId = take.line(cfg.email_integration, 254),
      subject = ticket.subject(t, SUBJECT_MAX),
      message = first_message(t),
      language = not saved.plain and language(t) or nil,
    })
  end
  return refused "the chat tells no conversation of Dixa's; widget_id or email_integration would make one"
end

local function build_create(t, cfg, saved)
  if saved.id then
    return done { id = saved.id }
  end
  return build_new(t, cfg, saved)
end

local function read_create(response, t, _, saved)
  local id = take.id(take.at(response.json, "data.id"))
  if ticket.fine(response) then
    return id and done { id = id, saved = ticket.merged(saved, { id = id }) } or unknown "the answer names no conversation"
  elseif response.status == 409 or response.status == 423 then
    return retry()
  elseif ticket.complaint(response):lower():find("externalid", 1, true) then
    return unknown "a message with this hand-over's id is there already"
  elseif response.status == 400 and not saved.plain and language(t) then
    return again_with(saved, { plain = true })
  end
  return refused(ticket.complaint(response))
end

-- Messages, not conversations, have the id: the customer's newest conversations
-- are looked into one by one.
local function young(list, t)
  local ids, since = {}, (take.integer(t.created_at_ms) or 0) - SINCE_MS
  for _, one in ipairs(list) do
    local id = take.map(one) and take.id(one.id)
    if id and (take.ms(one.createdAt) or since) >= since and #ids < LOOK_AT then
      ids[#ids + 1] = id
    end
  end
  return ids
end

local function has_ours(list, t)
  for _, one in ipairs(list) do
    if take.map(one) and one.externalId == t.handoff_id then
      return true
    end
  end
  return false
end

local find_made = {
  build = function(_, cfg, saved)
    local look = take.map(saved.look)
    if look then
      return request("GET", talk(look[1], "/messages"), cfg)
    end
    return request("GET", "/endusers/" .. url.encode(saved.contact) .. "/conversations", cfg)
  end,

  read = function(response, t, _, saved)
    local list, look = data_of(response), take.map(saved.look)
    if not ticket.fine(response) or list == nil then
      return unknown(ticket.complaint(response))
    elseif look and has_ours(list, t) then
      return found { ids = { look[1] }, saved = ticket.merged({ contact = saved.contact }, { id = look[1] }) }
    end
    local left = look or young(list, t)
    if look then
      table.remove(left, 1)
    end
    return #left > 0 and again_with(saved, { look = left }) or missing()
  end,
}

-- --- the note -------------------------------------------------------------------------------

local function note(id, cfg, text)
  return request("POST", talk(id, "/notes"), cfg, { message = text, agentId = take.id(cfg.agent_id) })
end

local function notes_of(id, cfg)
  return request("GET", talk(id, "/notes"), cfg)
end

local function find_note(response, word, id)
  local list = data_of(response)
  if not ticket.fine(response) or list == nil then
    return unknown(ticket.complaint(response))
  end
  for _, one in ipairs(list) do
    local text = take.map(one) and take.text(one.message)
    if text and text:find(word, 1, true) then
      return found { ids = { id } }
    end
  end
  return missing()
end

local function read_note(response)
  if ticket.fine(response) then
    return done {}
  elseif response.status == 409 then
    return retry()
  end
  return refused(ticket.complaint(response))
end

local noted = {
  build = function(_, cfg, saved)
    return notes_of(saved.id, cfg)
  end,
  read = function(response, t, _, saved)
    return find_note(response, t.handoff_id, saved.id)
  end,
}

-- --- the rest: each may be set twice ----------------------------------------------------------

local function tag_names(t, cfg)
  local names = {}
  for _, label in ipairs(ticket.labels(t, cfg)) do
    if #names < TAGS_MAX then
      names[#names + 1] = { name = label }
    end
  end
  if t.priority == "high" or t.priority == "urgent" then
    names[#names + 1] = { name = "priority-" .. t.priority }
  end
  return names
end

-- Attributes take text.
local function attributes(t, cfg)
  local out = {}
  for id, value in pairs(ticket.named_fields(t, cfg.fields) or {}) do
    out[id] = take.text(value) or tostring(value)
  end
  return take.some(out)
end

local function queue(t, cfg)
  return take.id(take.at(cfg.queues, t.priority or "normal")) or take.id(t.group_id) or take.id(cfg.queue)
end

-- A number of this helpdesk's agents looks like 5e8a300e-787e-47cd-af53-…
local function agent(v)
  local id = take.id(v)
  return id and id:find "^%x+%-%x+%-%x+%-%x+%-%x+$" and id or nil
end

local function settling(t, cfg, saved)
  local list, id, by = {}, saved.id, take.id(cfg.agent_id)
  local tags, values, to, who = tag_names(t, cfg), attributes(t, cfg), queue(t, cfg), agent(t.assignee)
  local function add(method, rest, json)
    list[#list + 1] = request(method, talk(id, rest), cfg, json)
  end
  if saved.closed then
    add("PUT", "/reopen", { userId = by })
  end
  if values then
    add("PATCH", "/custom-attributes", values)
  end
  if #tags > 0 then
    add("POST", "/tags/bulk", { data = tags })
  end
  if number(t.link_to) then
    add("PUT", "/link", { parentId = take.integer(t.link_to), linkType = "Related" })
  end
  if to then
    add("PUT", "/transfer/queue", { queueId = to, userId = by })
  end
  if who then
    add("PUT", "/claim", { agentId = who })
  end
  return list
end

local function settled(cfg, saved)
  return done { id = saved.id, display_id = saved.id, url = page(cfg, saved.id), there = saved.there }
end

-- --- later: what the customer adds --------------------------------------------------------------

local function at(t, saved)
  return take.id(saved.id) or number(t.ticket_id) or "0"
end

-- Tags that come to those it has are set in front, which may be done twice.
local function tags_first(t, saved)
  local names = {}
  for _, label in ipairs(ticket.added(t)) do
    names[#names + 1] = { name = label }
  end
  return not saved.tagged and take.some(names) or nil
end

local update = {
  -- In the customer's own conversation the message stands already.
  build = function(t, cfg, saved)
    local id, tags = at(t, saved), tags_first(t, saved)
    if tags then
      return request("POST", talk(id, "/tags/bulk"), cfg, { data = tags })
    elseif id == home(t, cfg) then
      return nil
    end
    return note(id, cfg, t.update.text_mark .. "\n(" .. ticket.mark(t.update.key) .. ")")
  end,

  -- Only a note is answered with data.
  read = function(response, t, cfg, saved)
    local id = at(t, saved)
    if tags_first(t, saved) and not data_of(response) and response.status ~= 409 then
      return again_with(saved, { tagged = true })
    end
    local r = read_note(response)
    return r.outcome == "done" and done { id = id, url = page(cfg, id) } or r
  end,

  find = {
    build = function(t, cfg, saved)
      return notes_of(at(t, saved), cfg)
    end,
    read = function(response, t, _, saved)
      return find_note(response, ticket.mark(t.update.key), at(t, saved))
    end,
  },
}

-- --- its webhooks -------------------------------------------------------------------------------

local events = {
  CONVERSATION_ENQUEUED = "open",
  CONVERSATION_OPEN = "open",
  CONVERSATION_UNASSIGNED = "open",
  CONVERSATION_ASSIGNED = "in_progress",
  CONVERSATION_PENDING = "waiting",
  CONVERSATION_CLOSED = "resolved",
  CONVERSATION_ABANDONED = "closed",
}

local function status(event, _, cfg)
  local one = take.map(take.at(event, "data.conversation")) or {}
  local id = take.id(one.csid)
  local ours = events[event.event_fqn] or ticket.status(one.status, cfg, statuses)
  if id == nil or ours == nil then
    return nil
  end
  return {
    id = id,
    status = ours,
    native_status = take.text(one.status),
    at_ms = take.ms(event.event_timestamp),
    event_id = take.id(event.event_id),
  }
end

return helpdesk {
  name = "dixa",
  needs = {
    token = "secret",
    token_prefix = "string?",
    email_integration = "string?",
    channel = "string?",
    widget_id = "string?",
    conversation_field = "string?",
    organisation = "string?",
    agent_id = "string?",
    queue = "string?",
    queues = "table?",
    fields = "table?",
    skills = "table?",
    statuses = "table?",
    api_version = "string?",
    url = "string?",
  },
  base = "https://dev.dixa.io",
  auth = first_of { header("Authorization", "{token_prefix} {token}"), header("Authorization", "{token}") },
  carries = { format = "text", subject_max = SUBJECT_MAX, body_max = 30000 },
  unique = "handle",
  lag_s = 5,
  window_max = 2, -- ten requests a second for a token
  makes = {
    { as = "ticket", needs = { "email_integration" } },
    { as = "conversation", needs = { "widget_id|conversation_field|email_integration" } },
  },
  continues = { "dixa" },
  steps = {
    { name = "look", build = build_look, read = read_look, repeatable = true },
    { name = "contact", after = "look", build = build_contact, read = read_contact, find = find_contact },
    { name = "create", after = "contact", build = build_create, read = read_create },
    { name = "note", after = "create", build = function(t, cfg, saved)
      return note(saved.id, cfg, t.text)
    end, read = read_note, find = noted },
    {
      name = "settle",
      after = "note",
      repeatable = true,
      build = function(t, cfg, saved)
        return ticket.in_turn(settling(t, cfg, saved), saved, settled(cfg, saved))
      end,
      -- What is refused here is left as it is: the brief is with the people already.
      read = function(_, t, cfg, saved)
        return ticket.next_turn(settling(t, cfg, saved), saved, settled(cfg, saved))
      end,
    },
  },
  find = find_made,
  update = update,
  status = status,
  statuses = statuses,
}
