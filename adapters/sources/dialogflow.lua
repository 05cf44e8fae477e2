-- Dialogflow CX (Conversational Agents): the fulfillment webhook, standard
-- type. One source for each agent.
--
--   source "bot" {
--     adapter = "dialogflow", secret = secret "DIALOGFLOW_TOKEN",
--     tags = { handoff = "human.please" },
--   }
--
-- The customer waits for the answer to each call: what usher says stands in it
-- and nowhere else. Calls carry no transcript: the customer's words, and what
-- the agent had queued before the call. Who has more puts the whole list into
-- the request's payload.messages, in every call.

local OUR_MARK = "usher_" -- session parameters that respond has set

local channels = {
  chat = "chat",
  web = "chat",
  mobile = "mobile",
  email = "email",
  whatsapp = "whatsapp",
  sms = "sms",
  messenger = "messenger",
  instagram = "instagram",
  telegram = "telegram",
  telephony = "voice_transcript",
  phone = "voice_transcript",
  voice = "voice_transcript",
}
local tags = { handoff = "usher.handoff", fallback = "usher.fallback", ["end"] = "usher.end" }
local identity = { id = "customer_id", name = "name", email = "email", phone = "phone", tier = "tier" }

local function map(v)
  return take.map(v) or {}
end

local function is_scalar(v)
  return (type(v) == "string" and v ~= "") or type(v) == "number" or type(v) == "boolean"
end

-- --- what the agent knows -------------------------------------------------------

-- Parameters of the session, of the form and of the intent: the newest last.
local function read_parameters(event)
  local all = {}
  local function set(name, value)
    if type(name) == "string" and value ~= nil and name:sub(1, #OUR_MARK) ~= OUR_MARK then
      all[name] = value
    end
  end
  for name, value in pairs(map(map(event.sessionInfo).parameters)) do
    set(name, value)
  end
  for _, one in ipairs(map(map(map(event.pageInfo).formInfo).parameterInfo)) do
    if type(one) == "table" and one.state == "FILLED" then
      set(one.displayName, one.value)
    end
  end
  for name, one in pairs(map(map(event.intentInfo).parameters)) do
    set(name, map(one).resolvedValue)
  end
  return all
end

-- Which parameter holds what of the customer; the configuration may name
-- others.
local function places_of(cfg)
  local places = {}
  for what, name in pairs(identity) do
    places[what] = take.text(map(cfg.customer)[what]) or name
  end
  return places
end

local function read_customer(parameters, payload, places)
  local function at(what)
    local value = parameters[places[what]]
    return value == nil and payload[places[what]] or value
  end
  return take.some {
    external_id = take.id(at "id"),
    name = take.line(at "name", 200),
    email = take.email(at "email"),
    phone = take.line(at "phone", 64),
    tier = take.line(at "tier", 64),
  }
end

local function read_fields(parameters, cfg, places)
  local fields, hidden = {}, {}
  for _, name in pairs(places) do
    hidden[name] = true
  end
  for name, from in pairs(map(cfg.fields)) do
    local value = parameters[tostring(from)]
    fields[name] = is_scalar(value) and value or nil
    hidden[tostring(from)] = true
  end
  local n = 0
  for name, value in pairs(parameters) do
    if is_scalar(value) and not hidden[name] and fields[name] == nil and n < 150 then
      fields[(take.clip(name, 200))] = value
      n = n + 1
    end
  end
  return take.some(fields)
end

local function structured(parameters)
  local more = {}
  for name, value in pairs(parameters) do
    more[name] = type(value) == "table" and value or nil
  end
  return more
end

local function read_attributes(event, payload, parameters, handoff)
  local page = map(event.pageInfo)
  local attributes = {
    tag = take.line(map(event.fulfillmentInfo).tag, 200),
    page = take.line(page.displayName, 200),
    live_agent_handoff = handoff and take.kept(take.some(handoff)),
  }
  take.rest(attributes, payload, { messages = true })
  take.rest(attributes, structured(parameters))
  return take.some(attributes)
end

local function intent_of(event)
  local info = map(event.intentInfo)
  local name = take.line(info.displayName, 200)
  return name, name and take.number(info.confidence, 0, 1)
end

local function read_conversation(event, payload, handoff, cfg)
  local parameters, places = read_parameters(event), places_of(cfg)
  local name, confidence = intent_of(event)
  local language = map(event.languageInfo)
  local spoken = event.transcript ~= nil or event.dtmfDigits ~= nil
  return {
    channel = channels[payload.channel] or (spoken and "voice_transcript") or "chat",
    language = take.language(language.resolvedLanguageCode) or take.language(event.languageCode),
    language_confidence = take.number(language.confidenceScore, 0, 1),
    customer = read_customer(parameters, payload, places),
    intent = name and { name = name, confidence = confidence } or nil,
    sentiment = take.number(map(event.sentimentAnalysisResult).score, -1, 1),
    fields = read_fields(parameters, cfg, places),
    attributes = read_attributes(event, payload, parameters, handoff),
    ai = { vendor = "dialogflow" },
  }
end

-- --- what was said -----------------------------------------------------------------

local function clipped(s)
  return (take.clip(s, 64 * 1024))
end

-- One call has one of these; an intent or event that the client triggered is
-- nothing that the customer said.
local function read_customer_message(event, turn)
  local words = take.text(event.text) or take.text(event.transcript) or take.text(event.dtmfDigits)
  if words == nil then
    return nil
  end
  local name, confidence = intent_of(event)
  return {
    id = turn .. "/customer",
    role = "customer",
    kind = "text",
    text = clipped(words),
    language = take.language(event.languageCode),
    intent = name,
    confidence = confidence,
    sentiment = take.number(map(event.sentimentAnalysisResult).score, -1, 1),
  }
end

local function text_of(response)
  local lines = {}
  for _, line in ipairs(map(map(response.text).text)) do
    lines[#lines + 1] = take.text(line)
  end
  return clipped(table.concat(lines, "\n"))
end

-- A later call of one turn repeats what was queued, in the same places.
local function read_messages(event, turn)
  local messages = { read_customer_message(event, turn) }
  for i, response in ipairs(map(event.messages)) do
    local words = type(response) == "table" and text_of(response) or ""
    if words ~= "" and i <= 100 then
      messages[#messages + 1] =
        { id = turn .. "/ai/" .. i, role = "ai", kind = "text", text = words, author = { name = "Dialogflow" } }
    end
  end
  return take.some(messages)
end

-- --- what happened -------------------------------------------------------------------

-- The first response of this kind that is queued.
local function queued(event, kind)
  for _, response in ipairs(map(event.messages)) do
    local one = type(response) == "table" and take.map(response[kind])
    if one then
      return one
    end
  end
  return nil
end

local function has_tag(event, cfg, what)
  local wanted = take.text(map(cfg.tags)[what]) or tags[what]
  return map(event.fulfillmentInfo).tag == wanted
end

local function add_handoff(events, event, metadata, cfg)
  if metadata == nil and not has_tag(event, cfg, "handoff") then
    return
  end
  local told, intent = map(metadata), intent_of(event)
  events[#events + 1] = {
    type = "handoff.requested",
    handoff = {
      via = metadata and "action_node" or "flow",
      reason = take.line(told.reason, 512) or intent or take.line(map(event.fulfillmentInfo).tag, 512),
      summary = take.text(told.summary) and take.clip(take.text(told.summary), 8192),
      actor = take.line(map(event.pageInfo).displayName, 200) or "Dialogflow",
    },
  }
end

-- An event of its own: beside messages that are known already it would be
-- taken for a snapshot of all attempts.
local function add_fallback(events, event, turn, cfg)
  if has_tag(event, cfg, "fallback") then
    local page = take.line(map(event.pageInfo).displayName, 200)
    local attempt = { type = "fallback", id = turn, summary = page and "no match on " .. page or "no match" }
    events[#events + 1] = { type = "signal.updated", conversation = { ai = { attempts = { attempt } } } }
  end
end

local function add_end(events, event, cfg)
  if queued(event, "endInteraction") or has_tag(event, cfg, "end") then
    local success = queued(event, "conversationSuccess")
    events[#events + 1] = { type = "session.ended", outcome = success and "resolved_assumed" or "unresolved" }
  end
end

local function read_event(event, _, cfg)
  if type(event) ~= "table" or take.map(event.sessionInfo) == nil or take.map(event.fulfillmentInfo) == nil then
    return nil
  end
  local payload = map(event.payload)
  local turn = take.id(event.detectIntentResponseId)
  if turn == nil then
    return nil
  end
  local handoff = queued(event, "liveAgentHandoff")
  local metadata = handoff and map(handoff.metadata)
  local first = { type = "message.created", conversation = read_conversation(event, payload, metadata, cfg) }
  if take.map(payload.messages) then
    first.messages = take.some(chat.read(payload.messages, { path = "payload.messages", snapshot = true }).messages)
  else
    first.messages = read_messages(event, turn)
  end
  if first.messages == nil then
    first.type = "signal.updated"
  end
  local events = { first }
  add_fallback(events, event, turn, cfg)
  add_handoff(events, event, metadata, cfg)
  add_end(events, event, cfg)
  return events
end

-- --- the answer ----------------------------------------------------------------------

local function handoff_response(turn)
  return {
    liveAgentHandoff = {
      metadata = {
        usher_case = turn.handoff_id,
        ticket_id = turn.ticket_id,
        ticket_url = turn.ticket_url,
        group = turn.group,
        priority = turn.priority,
        reason = turn.reason,
      },
    },
  }
end

local function respond(turn, _, cfg)
  local messages, json = {}, {}
  if turn.text then
    messages[#messages + 1] = { text = { text = { turn.text } } }
  end
  if turn.handoff_id then
    messages[#messages + 1] = handoff_response(turn)
    json.sessionInfo = { parameters = { usher_escalated = true, usher_case = turn.handoff_id } }
    json.targetPage = take.text(cfg.handoff_page)
  end
  if #messages > 0 then
    -- Who is handed over, or is asked something, hears nothing else.
    json.fulfillmentResponse = { mergeBehavior = turn.stop and "REPLACE" or "APPEND", messages = messages }
  end
  return { json = json }
end

return source {
  name = "dialogflow",
  needs = {
    secret = "secret",
    secret_old = "secret?",
    verify = "string?",
    tags = "table?",
    customer = "table?",
    fields = "table?",
    handoff_page = "string?",
  },
  verify = {
    { name = "bearer", scheme = "bearer" },
    { name = "token", scheme = "token", header = "x-api-key" },
    { name = "basic", scheme = "basic" },
  },
  event_key = {}, -- several calls share a turn's id: the whole body counts
  conversation_key = { "tail:sessionInfo.session" },
  ack_status = 200,
  answer = "decision",
  respond_within_s = 3, -- the platform's own limit is 5 s unless raised

  read = read_event,
  respond = respond,
}
