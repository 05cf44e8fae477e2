-- Intercom: Fin inside Intercom's messenger (webhook notifications of
-- conversations, the shape of 2020 and the current one), and Fin inside
-- somebody else's chat (Fin Agent API events).
--
--   source "fin" {
--     adapter = "intercom", secret = secret "INTERCOM_CLIENT_SECRET",
--     token = secret "INTERCOM_TOKEN", admin_id = "991", team_id = "5017691",
--   }
--
-- No ordering is promised and notifications repeat: each carries the first
-- message and its newest parts, and messages are known by their ids.

local STALE_MS = 120000 -- older than this, what Fin's state says is history

local channels = {
  conversation = "chat",
  chat = "chat",
  messenger = "chat",
  push = "mobile",
  ios = "mobile",
  android = "mobile",
  email = "email",
  whatsapp = "whatsapp",
  sms = "sms",
  facebook = "messenger",
  instagram = "instagram",
  telegram = "telegram",
  phone_call = "voice_transcript",
  phone_switch = "voice_transcript",
}
local urgencies = { low = "low", normal = "normal", medium = "normal", high = "high", urgent = "urgent", priority = "high" }

local function map(v)
  return take.map(v) or {}
end

-- --- who ------------------------------------------------------------------------

local customer_types = { user = true, lead = true, contact = true }

-- Fin speaks as a bot; older parts mark it on an admin.
local function role_of(author)
  if author.from_ai_agent == true or author.type == "bot" then
    return "ai"
  elseif customer_types[author.type] then
    return "customer"
  elseif author.type == "admin" or author.type == "team" then
    return "human_agent"
  end
  return "system"
end

local function is_own(author, cfg)
  local id = take.text(author.id)
  return id ~= nil and author.type == "admin" and id == take.text(cfg.admin_id)
end

local function read_customer(item)
  local contact = map(map(map(item.contacts).contacts)[1])
  local user, author = map(item.user), map(map(item.source).author)
  if not customer_types[author.type] then
    author = {}
  end
  local id = take.id(contact.id) or take.id(user.id) or take.id(author.id)
  return take.some {
    external_id = take.id(contact.external_id) or take.id(user.user_id) or id,
    name = take.line(user.name, 200) or take.line(author.name, 200) or take.line(contact.name, 200),
    email = take.email(user.email) or take.email(author.email) or take.email(contact.email),
    phone = take.line(contact.phone, 64) or take.line(user.phone, 64),
    more = id and { intercom_id = id } or nil,
  }
end

-- --- what was said -----------------------------------------------------------------

local function read_files(list)
  local files = {}
  for _, file in ipairs(map(list)) do
    if type(file) == "table" then
      files[#files + 1] = {
        name = take.line(file.name, 200) or "file",
        mime = take.line(file.content_type, 100),
        size = take.number(file.filesize, 0, 1e15) and take.integer(file.filesize) or nil,
        url = take.host(file.url) and file.url or nil,
      }
    end
  end
  return take.some(files)
end

local function plain(body)
  local s = type(body) == "string" and text.html_to_text((take.clip(body, 256 * 1024))) or ""
  return (take.clip(s, 64 * 1024))
end

local spoken = { comment = true, quick_reply = true, assignment = true, open = true, close = true, note = true }

-- Assignments and closings may carry a text: it is said to the customer.
local function read_part(part, cfg)
  local author = map(part.author)
  local words, files = plain(part.body), read_files(part.attachments)
  if not spoken[part.part_type] or (words == "" and not files) then
    return nil
  end
  local message = {
    id = take.id(part.id),
    role = role_of(author),
    author = take.some { id = take.id(author.id), name = take.line(author.name, 200) },
    at_ms = take.ms(part.created_at),
    kind = part.part_type == "note" and "note" or (words == "" and "attachment") or "text",
    text = words,
    attachments = files,
  }
  if is_own(author, cfg) then
    message.role, message.kind, message.auto = "system", "event", true
  elseif take.automatic(map(part.email_message_metadata).headers) then
    message.auto = true
  end
  return message
end

-- The message that opened the conversation stands outside the parts.
local function read_first(item, customer)
  local first = take.map(item.source) or take.map(item.conversation_message)
  if first == nil then
    return nil
  end
  local author = map(first.author)
  local words, files = plain(first.body), read_files(first.attachments)
  local subject = take.line(first.subject and plain(first.subject), 300)
  if subject and words ~= subject then
    words = words == "" and subject or subject .. "\n\n" .. words
  end
  if words == "" and not files then
    return nil
  end
  local role = role_of(author)
  return {
    id = take.id(first.id),
    role = role,
    author = take.some {
      id = take.id(author.id),
      name = take.line(author.name, 200) or (role == "customer" and customer and customer.name) or nil,
    },
    at_ms = take.ms(item.created_at),
    kind = words == "" and "attachment" or "text",
    text = words,
    attachments = files,
  }
end

local function parts_of(item)
  return map(map(item.conversation_parts).conversation_parts)
end

local function read_messages(item, customer, cfg)
  local messages, seen = {}, {}
  local function add(message)
    if message and message.id and not seen[message.id] and #messages < 2500 then
      seen[message.id] = true
      messages[#messages + 1] = message
    end
  end
  add(read_first(item, customer))
  for _, part in ipairs(parts_of(item)) do
    add(type(part) == "table" and read_part(part, cfg) or nil)
  end
  return take.some(messages)
end

-- --- what is known about the conversation ------------------------------------------

local function tag_names(item)
  local names = {}
  for _, tag in ipairs(map(map(item.tags).tags)) do
    names[#names + 1] = type(tag) == "table" and take.line(tag.name, 100) or nil
  end
  return take.some(names)
end

-- What Fin said last: the articles are those of this answer.
local function newest_answer(item)
  local parts = parts_of(item)
  for i = #parts, 1, -1 do
    local words = role_of(map(map(parts[i]).author)) == "ai" and take.line(plain(parts[i].body), 500)
    if words then
      return words
    end
  end
  return nil
end

local function read_ai(item)
  local agent = take.map(item.ai_agent)
  if agent == nil and item.ai_agent_participated ~= true then
    return nil
  end
  agent = agent or {}
  local articles = take.articles(map(agent.content_sources).content_sources)
  local state = take.line(agent.resolution_state, 60)
  return {
    vendor = "intercom",
    model = "Fin",
    source = take.line(agent.source_title, 200),
    resolution_state = state,
    attempts = articles and { { type = "answer", summary = newest_answer(item), articles = articles } },
  }
end

local lifted = { "order_number", "account_id" }

local function read_fields(attributes, cfg)
  local fields = {}
  local function set(name, value)
    if type(value) == "string" or type(value) == "number" or type(value) == "boolean" then
      fields[name] = value ~= "" and value or nil
    end
  end
  for _, name in ipairs(lifted) do
    set(name, attributes[name])
  end
  for name, from in pairs(map(cfg.fields)) do
    set(name, attributes[tostring(from)])
  end
  return take.some(fields)
end

local function channel_of(item)
  local channel, first = map(item.channel), map(item.source)
  return channels[channel.current] or channels[channel.initial] or channels[first.type] or "chat"
end

local function web_page(item, app)
  local given = map(item.links).conversation_web
  if take.host(given) then
    return given
  elseif app == nil then
    return nil
  end
  local page = "https://app.intercom.com/a/apps/%s/conversations/%s"
  return page:format(url.encode(app), url.encode(take.id(item.id)))
end

local function read_conversation(item, app, cfg)
  local customer = read_customer(item)
  local custom = map(item.custom_attributes)
  local attributes = {
    app_id = app,
    title = take.line(item.title, 300),
    tags = tag_names(item),
    external_references = take.kept(take.some(map(item.external_references))),
  }
  local rating = map(item.conversation_rating)
  attributes.rating = take.number(rating.rating, 1, 5)
  attributes.rating_remark = take.text(rating.remark) and take.clip(take.text(rating.remark), 2000)
  take.rest(attributes, custom)
  local intent = take.line(cfg.intent_attribute and custom[take.text(cfg.intent_attribute) or ""], 200)
  return {
    native_url = web_page(item, app),
    channel = channel_of(item),
    language = take.language(custom.Language) or take.language(custom.language),
    urgency = urgencies[item.priority],
    customer = customer,
    intent = intent and { name = intent } or nil,
    fields = read_fields(custom, cfg),
    attributes = take.some(attributes),
    ai = read_ai(item),
  }
end

-- --- what happened -------------------------------------------------------------------

local function newest_part(item)
  local parts = parts_of(item)
  return map(parts[#parts])
end

-- Fin's state stands on every later notification too: only a fresh one is news.
local function is_fresh(item, at_ms)
  local changed = take.ms(map(item.ai_agent).updated_at)
  return changed == nil or at_ms == nil or at_ms - changed <= STALE_MS
end

local states = {
  escalated = function(at_ms)
    return { type = "handoff.requested", at_ms = at_ms, handoff = { via = "flow", reason = "escalated", actor = "Fin" } }
  end,
  procedure_handoff = function(at_ms)
    return {
      type = "handoff.requested",
      at_ms = at_ms,
      handoff = { via = "flow", reason = "procedure_handoff", actor = "Fin" },
    }
  end,
  negative_feedback = function(at_ms)
    return { type = "feedback.given", at_ms = at_ms, feedback = "not_helpful" }
  end,
  confirmed_resolution = function(at_ms)
    return { type = "session.ended", at_ms = at_ms, outcome = "resolved_confirmed" }
  end,
  assumed_resolution = function(at_ms)
    return { type = "session.ended", at_ms = at_ms, outcome = "resolved_assumed" }
  end,
}
states.routed_to_team = states.escalated
states.abandoned = function(at_ms)
  return { type = "session.ended", at_ms = at_ms, outcome = "abandoned" }
end

local function state_event(item, at_ms)
  local make = states[map(item.ai_agent).resolution_state]
  return make and is_fresh(item, at_ms) and make(at_ms) or nil
end

local function assigned_event(item, at_ms, cfg)
  local part = newest_part(item)
  local author, to = map(part.author), map(part.assigned_to)
  if is_own(author, cfg) then
    return nil -- our own pause
  end
  if take.id(to.id) == nil then
    to = map(item.assignee)
  end
  if take.id(to.id) == nil or to.type == "nobody_admin" then
    return nil
  end
  local name = take.line(to.name, 200) or take.id(to.id)
  if role_of(author) == "ai" then
    return {
      type = "handoff.requested",
      at_ms = at_ms,
      handoff = { via = "action_node", reason = "assigned to " .. name, actor = take.line(author.name, 200) or "Fin" },
    }
  end
  return { type = "takeover", at_ms = at_ms, handoff = { via = "takeover", actor = take.line(author.name, 200) or name } }
end

local function replied_event(item, at_ms, cfg)
  local author = map(newest_part(item).author)
  if role_of(author) ~= "human_agent" or is_own(author, cfg) then
    return nil
  end
  return {
    type = "takeover",
    at_ms = at_ms,
    handoff = { via = "takeover", actor = take.line(author.name, 200) or take.id(author.id) },
  }
end

local function closed_event(item, at_ms, cfg)
  local author = map(newest_part(item).author)
  if is_own(author, cfg) then
    return nil
  end
  local ended = { type = "session.ended", at_ms = at_ms }
  local state = states[map(item.ai_agent).resolution_state]
  local meant = state and state(at_ms) or {}
  ended.outcome = meant.outcome or (role_of(author) == "human_agent" and "resolved_assumed") or "unresolved"
  return ended
end

local function rated_event(item, at_ms)
  local rating = take.number(map(item.conversation_rating).rating, 1, 5)
  if rating == nil or rating == 3 then
    return nil
  end
  return { type = "feedback.given", at_ms = at_ms, feedback = rating > 3 and "helpful" or "not_helpful" }
end

local function no_event() end

-- What a topic is: the event of its messages, and what else happened.
local topics = {
  ["conversation.user.created"] = { "conversation.started", state_event },
  ["conversation.contact.created"] = { "conversation.started", state_event },
  ["conversation.admin.single.created"] = { "conversation.started", no_event },
  ["conversation.user.replied"] = { "message.created", state_event },
  ["conversation.operator.replied"] = { "message.created", state_event },
  ["conversation.admin.replied"] = { "message.created", replied_event },
  ["conversation.admin.noted"] = { "message.created", no_event },
  ["conversation.admin.assigned"] = { "message.created", assigned_event },
  ["conversation.admin.closed"] = { "message.created", closed_event },
  ["conversation.rating.added"] = { "signal.updated", rated_event },
  ["conversation.priority.updated"] = { "signal.updated", no_event },
  ["conversation.contact.attached"] = { "signal.updated", no_event },
  ["conversation_part.tag.created"] = { "signal.updated", no_event },
}

local function read_notification(event, cfg)
  local item, topic = map(map(event.data).item), topics[event.topic]
  if topic == nil or item.type ~= "conversation" or take.id(item.id) == nil then
    return nil
  end
  local at_ms = take.ms(event.created_at) or take.ms(item.updated_at)
  local first = {
    type = topic[1],
    at_ms = at_ms,
    conversation = read_conversation(item, take.id(event.app_id), cfg),
  }
  if first.type ~= "signal.updated" then
    first.messages = read_messages(item, first.conversation.customer, cfg)
    if first.type == "message.created" and first.messages == nil then
      first.type = "signal.updated"
    end
  end
  return { first, topic[2](item, at_ms, cfg) }
end

-- --- Fin Agent API -----------------------------------------------------------------

-- The documented reasons, by how they begin.
local reasons = {
  { "Escalation requested by user", "customer_request" },
  { "Escalation rule", "flow" },
  { "Routed to team", "action_node" },
  { "Conversation finished without resolution", "session_end" },
}

local function fin_status(event, base, at_ms)
  if event.status == "escalated" then
    local reason, via = take.line(event.reason, 512), "flow"
    for _, one in ipairs(reasons) do
      if reason and reason:sub(1, #one[1]) == one[1] then
        via = one[2]
      end
    end
    base.type = "handoff.requested"
    base.handoff = { via = via, reason = reason or "escalated", actor = "Fin" }
    return { base }
  elseif event.status == "resolved" then
    base.type, base.outcome, base.at_ms = "session.ended", "resolved_assumed", at_ms
    return { base }
  end
  return nil -- "complete" follows every end and does not close anything
end

local function read_fin(event)
  local at_ms = take.ms(event.created_at_ms)
  local user = take.id(event.user_id)
  local base = {
    at_ms = at_ms,
    conversation = {
      channel = "chat",
      customer = user and { external_id = user } or nil,
      ai = { vendor = "intercom", model = "Fin" },
      source_state = { fin_agent = true },
    },
  }
  if event.event_name == "fin_status_updated" then
    return fin_status(event, base, at_ms)
  elseif event.event_name == "fin_replied" then
    local message = map(event.message)
    local words = plain(message.body)
    if words == "" then
      return nil
    end
    base.type = "message.created"
    base.messages = {
      {
        id = take.id(message.id),
        role = "ai",
        author = { name = "Fin" },
        at_ms = take.ms(message.timestamp_ms) or at_ms,
        kind = "text",
        text = words,
      },
    }
    return { base }
  end
  return nil
end

-- --- write back -----------------------------------------------------------------------

local function request(cfg, path, json)
  return {
    method = "POST",
    path = path,
    headers = { ["Intercom-Version"] = take.line(cfg.api_version, 20) or "2.16", Accept = "application/json" },
    json = json,
  }
end

local function in_messenger(conversation, cfg)
  return take.id(cfg.admin_id) ~= nil
    and take.id(conversation.native_id) ~= nil
    and take.at(conversation, "source_state.fin_agent") ~= true
end

local function parts_path(conversation, what)
  return "/conversations/" .. url.encode(conversation.native_id) .. "/" .. what
end

local function assignee(conversation, cfg)
  local teams = map(cfg.teams)
  return take.id(teams[conversation.group or ""]) or take.id(cfg.team_id) or take.id(cfg.admin_id)
end

return source {
  name = "intercom",
  needs = {
    secret = "secret",
    secret_old = "secret?",
    verify = "string?",
    token = "secret?",
    admin_id = "any?",
    team_id = "any?",
    teams = "table?",
    fields = "table?",
    intent_attribute = "string?",
    api_version = "string?",
    url = "string?",
  },
  base = "https://api.intercom.io",
  auth = first_of { bearer "{token}", unsigned() },
  verify = {
    {
      name = "notifications",
      header = "x-hub-signature",
      algorithm = "sha1",
      key = "raw",
      signed = "{body}",
      encoding = "hex",
      prefix = "sha1=",
    },
    {
      name = "fin_agent",
      header = "x-fin-agent-api-webhook-signature",
      algorithm = "sha256",
      key = "raw",
      signed = "{body}",
      encoding = "hex",
      prefix = "sha256=",
    },
  },
  event_key = { "body:id" }, -- none in Fin Agent API events: the hash then
  conversation_key = { "body:data.item.id", "body:conversation_id" },
  ignore = {
    { path = "topic", is = "ping" },
    { path = "event_name", is = "csat_requested" },
    { path = "event_name", is = "fin_reply_chunk" },
  },
  ack_status = 200,
  answer = "ack",

  read = function(event, _, cfg)
    if type(event) ~= "table" then
      return nil
    elseif event.event_name ~= nil then
      return read_fin(event)
    end
    return read_notification(event, cfg)
  end,

  -- A human or team as assignee stops Fin.
  pause = function(conversation, cfg)
    if take.at(conversation, "source_state.fin_agent") == true then
      local r = request(cfg, "/fin/escalate", { conversation_id = conversation.native_id })
      r.headers["Intercom-Version"] = "Preview"
      return r
    elseif not in_messenger(conversation, cfg) then
      return nil
    end
    return request(cfg, parts_path(conversation, "parts"), {
      message_type = "assignment",
      type = "admin",
      admin_id = take.id(cfg.admin_id),
      assignee_id = assignee(conversation, cfg),
    })
  end,

  reply = function(message, conversation, cfg)
    if not in_messenger(conversation, cfg) then
      return nil -- in the Fin Agent API the chat is not Intercom's
    end
    return request(cfg, parts_path(conversation, "reply"), {
      message_type = "comment",
      type = "admin",
      admin_id = take.id(cfg.admin_id),
      body = "<p>" .. take.escape_html(message.text):gsub("\n", "<br>") .. "</p>",
    })
  end,

  close = function(conversation, cfg)
    if not in_messenger(conversation, cfg) then
      return nil
    end
    return request(cfg, parts_path(conversation, "parts"), {
      message_type = "close",
      type = "admin",
      admin_id = take.id(cfg.admin_id),
    })
  end,
}
