-- One's own AI: message arrays as they are, in CloudEvents, Standard Webhooks
-- or plain JSON. Senders are people who can read a refusal, so what is wrong
-- is refused by name instead of being guessed at.
--
--   source "web" {
--     adapter = "custom", secret = secret "WEB_SECRET",
--     reply_url = "https://shop.example/bot/usher", reply_secret = secret "WEB_REPLY_SECRET",
--   }

-- --- the envelope -----------------------------------------------------------

local types = {
  ["usher.message"] = "message.created",
  ["usher.session.started"] = "conversation.started",
  ["usher.session.ended"] = "session.ended",
  ["usher.handoff.requested"] = "handoff.requested",
  ["usher.signal"] = "signal.updated",
  ["usher.feedback"] = "feedback.given",
  ["usher.takeover"] = "takeover",
  ["usher.handback"] = "handback",
}
local TYPES_SHOWN = "usher.message, usher.session.started, usher.session.ended, usher.handoff.requested, "
  .. "usher.signal, usher.feedback, usher.takeover or usher.handback"

-- What usher itself sends to reply_url.
local ours = {
  ["usher.reply"] = true,
  ["usher.ai.stop"] = true,
  ["usher.ai.resume"] = true,
  ["usher.session.close"] = true,
  ["usher.ticket.updated"] = true,
  ["usher.csat.request"] = true,
}

local talk = { "messages", "message", "input", "output", "contents", "choices", "candidates", "response", "text" }

local function has_talk(data)
  for _, key in ipairs(talk) do
    if data[key] ~= nil then
      return true
    end
  end
  return data.content ~= nil and data.role ~= nil
end

local function type_of(word, data, path)
  if word == nil then
    return "message.created"
  elseif type(word) ~= "string" then
    reject("%stype: must be text, not %s", path, take.shown(word))
  elseif ours[word] then
    reject("%stype: %s is sent by usher, not to it; check that reply_url is not usher's own address", path, word)
  elseif types[word] then
    return types[word]
  elseif word:find "^usher%." or not has_talk(data) then
    want.word({ type = word }, "type", path, types, TYPES_SHOWN)
  end
  return "message.created" -- the sender's own name for an event with messages
end

local function decoded(event)
  local fine, data = pcall(function()
    return json.decode(base64.decode(event.data_base64))
  end)
  if not fine or type(data) ~= "table" then
    reject("data_base64: is not the base64 of a JSON object")
  end
  return data
end

-- { type, at_ms, data, path } whatever the envelope.
local function unwrap(event, headers)
  if type(event) ~= "table" or event[1] ~= nil then
    reject("the body must be a JSON object")
  end
  if event.specversion ~= nil then
    if take.text(event.specversion) ~= "1.0" and event.specversion ~= 1 then
      reject("specversion: %s is not supported; send CloudEvents 1.0", take.shown(event.specversion))
    end
    local data = want.map(event, "data", "")
    if data == nil and event.data_base64 ~= nil then
      data = decoded { data_base64 = want.text(event, "data_base64", "", 4 * 1024 * 1024) }
    end
    data = data or {}
    return {
      type = type_of(event.type or "", data, ""),
      at_ms = want.time(event, "time", ""),
      data = data,
      path = "data.",
      named = take.id(event.subject) ~= nil,
    }
  elseif headers["ce-specversion"] ~= nil then
    return {
      type = type_of(headers["ce-type"] or "", event, "ce-"),
      at_ms = want.time({ ["ce-time"] = headers["ce-time"] }, "ce-time", ""),
      data = event,
      path = "",
      named = headers["ce-subject"] ~= nil,
    }
  elseif event.data ~= nil and event.conversation_id == nil and not has_talk(event) then
    local data = want.map(event, "data", "")
    return {
      type = type_of(event.type or "", data, ""),
      at_ms = want.time(event, "timestamp", ""),
      data = data,
      path = "data.",
    }
  end
  local word = event.type
  if type(word) == "string" and not word:find "^usher%." and has_talk(event) then
    word = nil -- the type of a message or an answer, not of an event
  end
  return {
    type = type_of(word, event, ""),
    at_ms = want.time(event, "timestamp", ""),
    data = event,
    path = "",
    plain = true,
  }
end

-- The engine has found the conversation by this; here it is only checked.
local function check_conversation(e, headers)
  local d, path = e.data, e.path
  local id = want.id(d, "conversation_id", path) or want.id(d, "session_id", path)
  if id == nil and not e.named and headers["x-conversation-id"] == nil then
    reject("%sconversation_id: is missing; every event says which conversation it is about", path)
  end
  if e.plain and id ~= nil and take.text(d.id) == id then
    reject("id: is the id of this event and must differ from event to event; it equals conversation_id")
  end
end

-- --- messages ---------------------------------------------------------------

local function copy_into(list, more)
  for i = 1, #more do
    list[#list + 1] = more[i]
  end
end

local text_formats = { text = "text", html = "html", markdown = "markdown" }

-- One text that stands for a whole message.
local function one_text(d, key, path)
  local one = d[key]
  if type(one) == "table" then
    return one
  elseif type(one) ~= "string" then
    reject("%s%s: must be text or an object, not %s", path, key, take.shown(one))
  end
  return {
    role = d.role or "user",
    text = one,
    id = d.message_id,
    index = d.index,
    at = d.at,
    confidence = d.confidence,
    format = text_formats[d.format],
  }
end

local function gather(d, path)
  local list, named = {}, "messages"
  if d.messages ~= nil then
    copy_into(list, want.list(d, "messages", path))
  elseif d.message ~= nil then
    list[1], named = one_text(d, "message", path), "message"
  elseif d.contents ~= nil then
    copy_into(list, want.list(d, "contents", path))
    named = "contents"
  elseif d.text ~= nil then
    list[1], named = one_text(d, "text", path), "text"
  else
    named = "input"
    if type(d.input) == "string" then
      list[1] = { role = "user", content = d.input, id = d.message_id, index = d.index }
    elseif d.input ~= nil then
      copy_into(list, want.list(d, "input", path))
    end
    if #list == 0 then
      named = "output"
    end
    copy_into(list, chat.answer(d, path))
  end
  local answer = want.map(d, "response", path)
  if answer then
    copy_into(list, chat.answer(answer, path .. "response."))
  end
  return list, path .. named
end

local modes = { append = "append", snapshot = "snapshot" }

local function read_messages(e)
  local d, path = e.data, e.path
  if not has_talk(d) then
    if e.type == "message.created" then
      reject("%smessages: is missing; send a list of messages, or message, or text", path)
    end
    return { messages = {}, calls = {}, attempts = {} }
  end
  local mode = want.word(d, "mode", path, modes, "append or snapshot")
  local list, named = gather(d, path)
  return chat.read(list, {
    path = named,
    snapshot = mode == "snapshot",
    first_index = want.count(d, "first_index", path),
    text_format = want.word(d, "text_format", path, text_formats, "text, markdown or html"),
  })
end

-- Files named beside the messages belong to what the customer said last.
local function add_files(d, path, read)
  local list = want.list(d, "attachments", path)
  if list == nil or #list == 0 then
    return
  end
  local files = chat.files(list, path .. "attachments")
  for i = #read.messages, 1, -1 do
    local m = read.messages[i]
    if m.role == "customer" then
      m.attachments = m.attachments or {}
      copy_into(m.attachments, files)
      return
    end
  end
  read.messages[#read.messages + 1] = {
    id = "files-" .. digest.hex_sha256(take.json(files)):sub(1, 16),
    role = "customer",
    kind = "attachment",
    text = "",
    attachments = files,
  }
end

-- --- what is told about the conversation --------------------------------------

local channels = {
  chat = "chat",
  web = "chat",
  webchat = "chat",
  website = "chat",
  widget = "chat",
  live_chat = "chat",
  mobile = "mobile",
  app = "mobile",
  ios = "mobile",
  android = "mobile",
  help_center = "help_center",
  helpcenter = "help_center",
  email = "email",
  mail = "email",
  whatsapp = "whatsapp",
  sms = "sms",
  messenger = "messenger",
  facebook = "messenger",
  instagram = "instagram",
  telegram = "telegram",
  voice = "voice_transcript",
  phone = "voice_transcript",
  voice_transcript = "voice_transcript",
  api = "api",
}

local function set(...)
  local out = {}
  for _, word in ipairs { ... } do
    out[word] = true
  end
  return out
end

local known_customer = set(
  "id",
  "external_id",
  "name",
  "email",
  "phone",
  "verified",
  "email_verified",
  "tier",
  "plan",
  "locale",
  "language",
  "time_zone",
  "timezone",
  "company",
  "country"
)

local function read_customer(d, path)
  if type(d.customer) == "string" then
    return { external_id = want.id(d, "customer", path) }
  end
  local c = want.map(d, "customer", path)
  if c == nil then
    return nil
  end
  path = path .. "customer."
  local more, company = {}, c.company
  if type(company) == "table" then
    more.company = take.kept(company)
    company = company.name
  end
  local email = want.line(c, "email", path, 320)
  if email and not take.email(email) then
    more.email_as_given, email = email, nil
  end
  local verified = want.bool(c, "email_verified", path)
  if verified == nil then
    verified = want.bool(c, "verified", path)
  end
  take.rest(more, c, known_customer)
  return take.some {
    external_id = want.id(c, "external_id", path) or want.id(c, "id", path),
    name = want.line(c, "name", path, 200),
    email = email and take.email(email),
    email_verified = email and verified,
    phone = want.line(c, "phone", path, 64),
    tier = want.line(c, "tier", path, 64) or want.line(c, "plan", path, 64),
    locale = want.line(c, "locale", path, 35) or want.line(c, "language", path, 35),
    time_zone = want.line(c, "time_zone", path, 64) or want.line(c, "timezone", path, 64),
    company = take.line(company, 200),
    country = want.line(c, "country", path, 64),
    more = take.some(more),
  }
end

local function read_intent(d, signals, path)
  local from, at = signals, path .. "signals."
  if signals.intent == nil then
    from, at = d, path
  end
  local intent = from.intent
  if type(intent) == "table" then
    at = at .. "intent."
    intent = {
      name = want.line(intent, "name", at, 200),
      title = want.line(intent, "title", at, 200),
      confidence = want.confidence(intent, "confidence", at),
    }
  else
    intent = { name = want.line(from, "intent", at, 200) }
  end
  intent.confidence = intent.confidence or want.confidence(signals, "confidence", path .. "signals.")
  return take.some(intent)
end

-- Named by the sender's own system, never by a tool's arguments.
local lifted = { "order_number", "account_id" }

local function scalar(v)
  local kind = type(v)
  if kind == "string" then
    return v ~= "" and take.clip(v, 4096) or nil
  end
  return (kind == "number" or kind == "boolean") and v or nil
end

local function read_fields(d, path, attributes, cfg)
  local fields = {}
  for _, name in ipairs(lifted) do
    fields[name] = scalar(attributes[name])
  end
  for name, from in pairs(take.map(cfg.fields) or {}) do
    fields[name] = scalar(take.at(attributes, tostring(from)))
  end
  for name, value in pairs(want.map(d, "fields", path) or {}) do
    if type(value) == "table" then
      reject("%sfields.%s: must be text, a number or true/false; put lists and objects under attributes", path, name)
    end
    fields[take.clip(name, 200)] = scalar(value)
  end
  return take.some(fields)
end

local known = set(
  "conversation_id",
  "session_id",
  "channel",
  "brand",
  "language",
  "language_confidence",
  "urgency",
  "customer",
  "messages",
  "message",
  "message_id",
  "text",
  "role",
  "content",
  "contents",
  "input",
  "output",
  "choices",
  "candidates",
  "response",
  "format",
  "text_format",
  "mode",
  "first_index",
  "index",
  "at",
  "signals",
  "intent",
  "confidence",
  "sentiment",
  "fields",
  "attributes",
  "attachments",
  "reply_url",
  "reply_format",
  "url",
  "native_url",
  "model",
  "vendor",
  "provider",
  "summary",
  "reason",
  "via",
  "actor",
  "outcome",
  "feedback",
  "review_required",
  -- the model's instructions and its book-keeping are not the conversation
  "system",
  "instructions",
  "tools",
  "tool_choice",
  "usage",
  "object",
  "created",
  "stop_reason",
  "stop_sequence",
  "max_tokens",
  "temperature",
  "top_p",
  "stream"
)
local known_envelope = set("type", "id", "timestamp")
local known_signals = set(
  "intent",
  "confidence",
  "sentiment",
  "language",
  "urgency",
  "failed_attempts",
  "fallback_count",
  "handoff"
)

local urgencies = { low = "low", normal = "normal", medium = "normal", high = "high", urgent = "urgent" }

local function read_attributes(e, signals, read)
  local d, out = e.data, {}
  take.rest(out, want.map(d, "attributes", e.path) or {})
  take.rest(out, signals, known_signals)
  local skip = known
  if e.plain then
    skip = {}
    for key in pairs(known) do
      skip[key] = true
    end
    for key in pairs(known_envelope) do
      skip[key] = true
    end
  end
  take.rest(out, d, skip)
  -- A customer can make the model say anything: its arguments never become a
  -- group or an identity, and stand where nobody mistakes them for facts.
  local call = read.handoff
  if call and call.arguments ~= nil then
    out.tool_arguments = take.kept(call.arguments)
  end
  return out
end

-- A URL in an event is used only when the configuration names its host.
local function read_reply_url(d, path, cfg, attributes)
  local url = want.text(d, "reply_url", path, 2048)
  if url == nil or cfg.reply_url ~= nil then
    return nil
  end
  local host = take.host(url)
  if host and take.has(cfg.reply_hosts, host) then
    return { reply_url = url }
  end
  attributes.reply_url_refused = host and host .. " is not in reply_hosts" or "no absolute http(s) URL"
  return nil
end

local function read_ai(d, signals, path, read)
  local at = path .. "signals."
  return take.some {
    vendor = want.line(d, "vendor", path, 100) or want.line(d, "provider", path, 100),
    model = want.line(d, "model", path, 100),
    summary = want.text(d, "summary", path, 8192),
    failed_attempts = want.count(signals, "failed_attempts", at),
    fallback_count = want.count(signals, "fallback_count", at),
    attempts = take.some(read.attempts),
  }
end

local function read_conversation(e, read, cfg)
  local d, path = e.data, e.path
  local signals = want.map(d, "signals", path) or {}
  local at = path .. "signals."
  local attributes = read_attributes(e, signals, read)
  local source_state = read_reply_url(d, path, cfg, attributes)
  return take.some {
    native_url = want.line(d, "native_url", path, 2048) or want.line(d, "url", path, 2048),
    channel = want.word(d, "channel", path, channels, "chat, mobile, help_center, email, whatsapp, sms, messenger, "
      .. "instagram, telegram, voice_transcript or api"),
    brand = want.line(d, "brand", path, 100),
    language = want.language(d, "language", path) or want.language(signals, "language", at),
    language_confidence = want.number(d, "language_confidence", path, 0, 1),
    urgency = want.word(d, "urgency", path, urgencies, "low, normal, high or urgent")
      or want.word(signals, "urgency", at, urgencies, "low, normal, high or urgent"),
    customer = read_customer(d, path),
    intent = read_intent(d, signals, path),
    sentiment = want.sentiment(signals, "sentiment", at) or want.sentiment(d, "sentiment", path),
    fields = read_fields(d, path, attributes, cfg),
    attributes = take.some(attributes),
    ai = read_ai(d, signals, path, read),
    source_state = source_state,
  }
end

-- --- hand-over ------------------------------------------------------------------

local handoff_tools = set(
  "escalate_to_human",
  "transfer_to_human",
  "transfer_to_human_agent",
  "transfer_to_human_agents",
  "handoff_to_human",
  "handoff",
  "human_handoff"
)

local function is_handoff(name, cfg)
  name = name:lower()
  if handoff_tools[name] or take.has(cfg.handoff_tools, name) then
    return true
  end
  for _, alias in ipairs(take.map(cfg.handoff_tools) or {}) do
    local front = type(alias) == "string" and alias:match "^(.+)%*$"
    if front and name:sub(1, #front) == front:lower() then
      return true
    end
  end
  return false
end

local function handoff_call(read, cfg)
  for i = #read.calls, 1, -1 do
    if is_handoff(read.calls[i].name, cfg) then
      return read.calls[i]
    end
  end
  return nil
end

local vias = {
  customer_request = "customer_request",
  flow = "flow",
  action_node = "action_node",
  tool_call = "tool_call",
  takeover = "takeover",
  session_end = "session_end",
  error = "error",
}
local customer_reasons = set("user_request", "customer_request", "human_requested", "asked_for_human")

local function actor_of(d, path)
  if type(d.actor) == "table" then
    return want.line(d.actor, "name", path .. "actor.", 200) or want.line(d.actor, "id", path .. "actor.", 200)
  end
  return want.line(d, "actor", path, 200)
end

local function told_handoff(e)
  local d, path = e.data, e.path
  local reason = want.line(d, "reason", path, 512)
  local via = want.word(d, "via", path, vias, "customer_request, flow, action_node, tool_call, takeover, "
    .. "session_end or error")
  return {
    via = via or (customer_reasons[reason] and "customer_request") or "flow",
    reason = reason,
    actor = actor_of(d, path),
    summary = want.text(d, "summary", path, 8192),
  }
end

local function called_handoff(call)
  local a = call.arguments
  if type(a) == "string" then -- no JSON, or with a number too large for scripts
    a = { reason = a:match '"reason"%s*:%s*"([^"\\]*)"', summary = a:match '"summary"%s*:%s*"([^"\\]*)"' }
  end
  a = a or {}
  return {
    via = "tool_call",
    reason = take.line(a.reason, 512),
    summary = take.text(a.summary) and take.clip(take.text(a.summary), 8192),
    actor = call.name,
  }
end

-- --- read -------------------------------------------------------------------------

local outcomes = {
  resolved_confirmed = "resolved_confirmed",
  resolved_assumed = "resolved_assumed",
  resolved = "resolved_assumed",
  unresolved = "unresolved",
  abandoned = "abandoned",
}

local own = {
  ["handoff.requested"] = function(e, event)
    event.handoff = told_handoff(e)
  end,
  ["takeover"] = function(e, event)
    event.handoff = {
      via = "takeover",
      reason = want.line(e.data, "reason", e.path, 512),
      actor = actor_of(e.data, e.path),
    }
  end,
  ["session.ended"] = function(e, event)
    event.outcome = want.word(e.data, "outcome", e.path, outcomes, "resolved_confirmed, resolved_assumed, unresolved "
      .. "or abandoned")
  end,
  ["feedback.given"] = function(e, event)
    event.feedback = want.feedback(e.data, "feedback", e.path)
    if event.feedback == nil then
      reject("%sfeedback: is missing; say helpful or not_helpful", e.path)
    end
  end,
}

-- What was said comes first, then what happened.
local function events_of(e, read, conversation)
  local events = {}
  local first = { type = e.type, at_ms = e.at_ms, conversation = conversation, messages = take.some(read.messages) }
  if own[e.type] and first.messages then
    first.type = "message.created"
  elseif e.type == "message.created" and first.messages == nil then
    first.type = "signal.updated"
  end
  events[1] = first
  if read.handoff and e.type ~= "handoff.requested" then
    events[#events + 1] = { type = "handoff.requested", at_ms = e.at_ms, handoff = called_handoff(read.handoff) }
  end
  if own[e.type] and (#events > 1 or first.type ~= e.type) then
    events[#events + 1] = { type = e.type, at_ms = e.at_ms }
  end
  local last = events[#events]
  if own[e.type] then
    own[e.type](e, last)
  end
  last.review_required = want.bool(e.data, "review_required", e.path) or nil
  return events
end

local function read_event(event, headers, cfg)
  local e = unwrap(event, headers)
  check_conversation(e, headers)
  e.at_ms = e.at_ms or want.time(e.data, "at", e.path)
  local read = read_messages(e)
  read.handoff = handoff_call(read, cfg)
  add_files(e.data, e.path, read)
  return events_of(e, read, read_conversation(e, read, cfg))
end

-- --- write back -----------------------------------------------------------------

local function reply_url(conversation, cfg)
  local url = cfg.reply_url or take.at(conversation, "source_state.reply_url")
  if cfg.reply_url == nil and not take.has(cfg.reply_hosts, take.host(url)) then
    return nil
  end
  return take.host(url) and url or nil
end

local function event_to(conversation, cfg, kind, data)
  local url = reply_url(conversation, cfg)
  if url == nil then
    return nil
  end
  data.conversation_id = conversation.native_id
  data.handoff_id = data.handoff_id or conversation.handoff_id
  return { method = "POST", url = url, json = { type = kind, data = data } }
end

return source {
  name = "custom",
  needs = {
    secret = "secret?",
    secret_old = "secret?",
    verify = "string?",
    reply_url = "string?",
    reply_hosts = "table?",
    reply_secret = "secret?",
    handoff_tools = "table?",
    fields = "table?",
  },
  hosts = { "{reply_url}" },
  auth = first_of { standard_webhooks "{reply_secret}", standard_webhooks "{secret}", unsigned() },
  verify = {
    { name = "standard_webhooks", scheme = "standard_webhooks" },
    { name = "bearer", scheme = "bearer" },
    {
      name = "hmac_sha256",
      header = "x-signature",
      algorithm = "sha256",
      key = "raw",
      signed = "{body}",
      encoding = "hex",
      prefix = "sha256=",
    },
    {
      name = "hub_sha256",
      header = "x-hub-signature-256",
      algorithm = "sha256",
      key = "raw",
      signed = "{body}",
      encoding = "hex",
      prefix = "sha256=",
    },
  },
  event_key = { "header:webhook-id", "header:ce-id", "body:id" },
  conversation_key = {
    "body:data.conversation_id",
    "body:conversation_id",
    "body:data.session_id",
    "body:session_id",
    "body:subject",
    "header:ce-subject",
    "header:x-conversation-id",
  },
  ignore = { { path = "type", is = "ping" } },
  ack_status = 202,
  answer = "ack",
  checks = true,
  reply_repeatable = true, -- the receiver has webhook-id and idempotency_key

  read = read_event,

  pause = function(conversation, cfg)
    return event_to(conversation, cfg, "usher.ai.stop", {})
  end,

  reply = function(message, conversation, cfg)
    return event_to(conversation, cfg, "usher.reply", {
      kind = message.kind,
      text = message.text,
      ticket = take.some(message.ticket),
      expected_response = message.expected_response and { text = message.expected_response },
      handoff_id = message.handoff_id,
      idempotency_key = message.key,
    })
  end,

  close = function(conversation, cfg)
    return event_to(conversation, cfg, "usher.session.close", {})
  end,
}
