-- IBM watsonx Assistant: its webhooks before and after a message, whose answer
-- the customer sees, or its log webhook, which only tells. Not both on one
-- source: the log repeats what the others told, under other ids.
--
--   source "assistant" {
--     adapter = "watsonx", secret = secret "WATSONX_SECRET",
--     connect_to_agent = true, -- the web chat's own desk is told too
--   }
--
-- There is no way to write to the web chat outside of a turn, and deleting the
-- session would only begin a new one, with the AI: while a human has the
-- conversation the webhook before a message answers in the AI's place.

local channels = {
  ["web chat"] = "chat",
  chat = "chat",
  ["mobile"] = "mobile",
  whatsapp = "whatsapp",
  sms = "sms",
  ["sms with twilio"] = "sms",
  text_messaging = "sms",
  ["whatsapp with twilio"] = "whatsapp",
  ["facebook messenger"] = "messenger",
  facebook = "messenger",
  phone = "voice_transcript",
  voice_telephony = "voice_transcript",
  email = "email",
}
local known_variables = { email = true, name = true, phone = true, customer_id = true, tier = true }

local function map(v)
  return take.map(v) or {}
end

local function clipped(s)
  return (take.clip(s, 64 * 1024))
end

-- --- the three shapes ------------------------------------------------------------

-- A request of the message API, its response, or a log of both.
local function open(payload)
  local request, response = map(payload.request), map(payload.response)
  local w = {
    input = take.map(payload.input) or take.map(request.input),
    output = take.map(payload.output) or take.map(response.output),
    context = take.map(payload.context) or take.map(response.context) or map(request.context),
    user = take.id(payload.customer_id)
      or take.id(payload.user_id)
      or take.id(request.user_id)
      or take.id(response.user_id),
    asked_ms = take.ms(payload.request_timestamp),
    answered_ms = take.ms(payload.response_timestamp),
    payload = payload,
  }
  w.system = map(map(w.context.global).system)
  w.turn = take.id(payload.log_id)
  w.user = w.user or take.id(w.system.user_id)
  if w.turn == nil and take.id(w.system.turn_count) then
    w.turn = (w.output and "after-" or "before-") .. take.id(w.system.turn_count)
  end
  return w
end

-- --- what is known ------------------------------------------------------------------

local function variables_of(w)
  local all = {}
  for _, name in ipairs { "main skill", "actions skill" } do
    local skill = map(map(w.context.skills)[name])
    for key, value in pairs(map(skill.user_defined)) do
      all[key] = value
    end
    for key, value in pairs(map(skill.skill_variables)) do
      all[key] = value
    end
  end
  return all
end

local function add_scalars(fields, from)
  local n = 0
  for name, value in pairs(from) do
    local kind = type(value)
    local plain = kind == "number" or kind == "boolean" or take.text(value)
    if type(name) == "string" and not known_variables[name] and plain and n < 150 then
      fields[(take.clip(name, 200))] = value
      n = n + 1
    end
  end
end

local function read_fields(variables, target, cfg)
  local fields = {}
  add_scalars(fields, variables)
  add_scalars(fields, target)
  fields.group = nil -- a group is the policy's to choose
  for name, from in pairs(map(cfg.fields)) do
    local value = variables[tostring(from)]
    fields[name] = type(value) ~= "table" and value or nil
  end
  return take.some(fields)
end

local function read_customer(w, variables)
  local private = map(map(map(w.context.integrations).voice_telephony).private)
  return take.some {
    external_id = w.user or take.id(variables.customer_id),
    name = take.line(variables.name, 200),
    email = take.email(variables.email),
    phone = take.line(private.user_phone_number, 64) or take.line(variables.phone, 64),
    tier = take.line(variables.tier, 64),
    time_zone = take.line(w.system.timezone, 64),
    locale = take.language(w.system.locale),
  }
end

local function channel_of(w)
  local integrations = map(w.context.integrations)
  local name = take.line(map(integrations.channel).name, 60)
  if name then
    return channels[name:lower()] or "chat"
  end
  for _, one in ipairs { "voice_telephony", "text_messaging" } do
    if take.map(integrations[one]) then
      return channels[one]
    end
  end
  return "chat"
end

local function read_entities(output)
  local found = {}
  for _, one in ipairs(map(output.entities)) do
    if type(one) == "table" and take.line(one.entity, 100) and #found < 40 then
      found[#found + 1] = { entity = take.line(one.entity, 100), value = take.line(one.value, 200) }
    end
  end
  return take.some(found)
end

local function intent_of(output)
  local first = map(map(output.intents)[1])
  local name = take.line(first.intent, 200)
  return name, name and take.number(first.confidence, 0, 1)
end

-- --- what was said -----------------------------------------------------------------

local function read_files(input)
  local files = {}
  for _, file in ipairs(map(input.attachments)) do
    if type(file) == "table" and #files < 20 then
      files[#files + 1] = {
        name = take.line(file.name, 200) or "file",
        mime = take.line(file.media_type, 100),
        url = take.host(file.url) and file.url or nil,
      }
    end
  end
  return take.some(files)
end

-- The turn that opens the chat has no text.
local function read_input(w)
  local input, name, confidence = w.input, nil, nil
  if input == nil then
    return nil
  end
  local words, files = take.text(input.text) or "", read_files(input)
  if words == "" and files == nil then
    return nil
  end
  if w.output then
    name, confidence = intent_of(w.output)
  end
  return {
    id = w.turn and w.turn .. "/customer",
    role = "customer",
    at_ms = w.asked_ms,
    kind = words == "" and "attachment" or "text",
    text = clipped(words),
    intent = name,
    confidence = confidence,
    attachments = files,
  }
end

local function option_text(item)
  local lines = { take.text(item.title), take.text(item.description) }
  for _, option in ipairs(map(item.options)) do
    local label = type(option) == "table" and take.line(option.label, 200)
    lines[#lines + 1] = label and "- " .. label or nil
  end
  return table.concat(lines, "\n")
end

local function media_text(item)
  local lines = { take.text(item.title), take.text(item.description) }
  lines[#lines + 1] = take.host(item.source) and item.source or nil
  return table.concat(lines, "\n")
end

local function plain_text(item)
  return take.text(item.text) or ""
end

local function search_text(item)
  return take.text(item.header) or take.text(item.text) or ""
end

-- How each kind of response reads; what is not here was not said.
local readers = {
  text = plain_text,
  option = option_text,
  suggestion = option_text,
  image = media_text,
  video = media_text,
  audio = media_text,
  iframe = media_text,
  search = search_text,
  conversational_search = search_text,
}

local function generic_of(output)
  return map(map(output).generic)
end

local function read_output(w, messages)
  for i, item in ipairs(generic_of(w.output)) do
    local reader = type(item) == "table" and readers[item.response_type]
    local words = reader and reader(item) or ""
    if words ~= "" and i <= 100 then
      messages[#messages + 1] = {
        id = w.turn and ("%s/ai/%d"):format(w.turn, i),
        role = "ai",
        author = { name = "watsonx Assistant" },
        at_ms = w.answered_ms,
        kind = "text",
        text = clipped(words),
      }
    end
  end
end

-- --- what the AI tried ----------------------------------------------------------------

local result_lists = { "primary_results", "results", "search_results", "citations", "additional_results" }

-- The lists of one response in one.
local function read_articles(item)
  local all = {}
  for _, name in ipairs(result_lists) do
    for _, one in ipairs(map(item[name])) do
      all[#all + 1] = one
    end
  end
  return take.articles(all)
end

-- The action for what no other action matches.
local function is_fallback(output)
  local name = intent_of(output)
  if name and name:lower():find("fallback", 1, true) then
    return true
  end
  for _, one in ipairs(map(map(output.debug).turn_events)) do
    if map(one).condition_type == "anything_else" or map(one).reason == "fallback" then
      return true
    end
  end
  return false
end

local function read_attempts(w)
  local attempts = {}
  for _, item in ipairs(generic_of(w.output)) do
    local articles = type(item) == "table" and read_articles(item)
    if articles then
      attempts[#attempts + 1] = {
        type = "article",
        id = w.turn,
        summary = take.line(search_text(item), 500),
        articles = articles,
      }
    end
  end
  if w.output and is_fallback(w.output) then
    attempts[#attempts + 1] = { type = "fallback", id = w.turn, summary = "no action matched" }
  end
  return take.some(attempts)
end

-- --- what happened -------------------------------------------------------------------

local function response_of(output, kind)
  for _, item in ipairs(generic_of(output)) do
    if type(item) == "table" and item.response_type == kind then
      return item
    end
  end
  return nil
end

-- What the action's author wrote for us: transfer_info.target.usher.
local function target_of(item)
  return map(map(map(map(item).transfer_info).target).usher)
end

local function read_conversation(w, call, cfg)
  local variables, output = variables_of(w), map(w.output)
  local name, confidence = intent_of(output)
  local target = target_of(call)
  return {
    channel = channel_of(w),
    language = take.language(w.payload.language) or take.language(w.system.locale),
    customer = read_customer(w, variables),
    intent = name and { name = name, confidence = confidence } or nil,
    fields = read_fields(variables, target, cfg),
    attributes = take.some {
      assistant_id = take.id(w.payload.assistant_id),
      page_url = take.line(take.at(w.context, "integrations.chat.browser_info.page_url"), 2048),
      entities = read_entities(output),
      topic = take.line(map(call).topic, 300),
      requested_group = take.line(target.group, 100),
    },
    ai = { vendor = "watsonx", attempts = read_attempts(w) },
  }
end

local function handoff_event(call, at_ms)
  local summary = take.text(call.message_to_human_agent)
  return {
    type = "handoff.requested",
    at_ms = at_ms,
    handoff = {
      via = "action_node",
      reason = take.line(call.topic, 512) or take.line(summary, 512) or "connect_to_agent",
      summary = summary and take.clip(summary, 8192),
      actor = "watsonx Assistant",
    },
  }
end

local function read_event(event, _, cfg)
  local payload = type(event) == "table" and take.map(event.payload)
  local w = payload and open(payload)
  if not w or not (w.input or w.output) then
    return nil
  end
  local call = w.output and response_of(w.output, "connect_to_agent")
  local messages = { read_input(w) }
  read_output(w, messages)
  local first = {
    type = #messages > 0 and "message.created" or "signal.updated",
    at_ms = w.answered_ms or w.asked_ms,
    conversation = read_conversation(w, call, cfg),
    messages = take.some(messages),
  }
  local events = { first }
  if call then
    events[#events + 1] = handoff_event(call, w.answered_ms)
  elseif w.output and not w.input and first.conversation.intent then
    -- What the customer meant is known only now: the rules are asked again.
    events[#events + 1] = { type = "signal.updated" }
  end
  if w.output and response_of(w.output, "end_session") then
    events[#events + 1] = { type = "session.ended", at_ms = w.answered_ms }
  end
  return events
end

-- --- the answer ----------------------------------------------------------------------

local function said(turn, cfg)
  local items = {}
  if turn.text then
    items[#items + 1] = { response_type = "text", text = turn.text }
  end
  if turn.handoff_id and cfg.connect_to_agent then
    items[#items + 1] = {
      response_type = "connect_to_agent",
      message_to_human_agent = "usher " .. turn.handoff_id .. (turn.reason and ": " .. turn.reason or ""),
      agent_available = turn.text and { message = (take.clip(turn.text, 512)) } or nil,
      agent_unavailable = turn.text and { message = (take.clip(turn.text, 512)) } or nil,
    }
  end
  return items
end

-- Behind what the AI said (it is on record as said). Its own call for a human
-- is ours now.
local function append(output, turn, cfg)
  local kept = {}
  for _, item in ipairs(generic_of(output)) do
    if not (turn.handoff_id and type(item) == "table" and item.response_type == "connect_to_agent") then
      kept[#kept + 1] = item
    end
  end
  for _, item in ipairs(said(turn, cfg)) do
    kept[#kept + 1] = item
  end
  output.generic = #kept > 0 and kept or output.generic
end

local function respond(turn, event, cfg)
  local payload = map(map(event).payload)
  if take.map(payload.response) or take.map(payload.request) then
    return { json = {} } -- nobody reads the answer to a log
  elseif take.map(payload.output) then
    append(payload.output, turn, cfg)
    return { json = { payload = payload } }
  elseif turn.text or turn.stop then
    return {
      json = { output = { generic = said(turn, cfg) } },
      headers = { ["X-Watson-Assistant-Webhook-Return"] = "yes" },
    }
  end
  return { json = { payload = payload } }
end

return source {
  name = "watsonx",
  needs = {
    secret = "secret",
    secret_old = "secret?",
    verify = "string?",
    connect_to_agent = "boolean?",
    fields = "table?",
  },
  verify = {
    { name = "jwt", scheme = "jwt" },
    { name = "bearer", scheme = "bearer" },
    { name = "token", scheme = "token", header = "x-api-key" },
    { name = "basic", scheme = "basic" },
  },
  event_key = { "body:payload.log_id" }, -- the others: the hash of the body
  conversation_key = {
    "body:payload.session_id",
    "body:payload.context.global.session_id",
    "body:payload.response.context.global.session_id",
    "body:payload.request.context.global.session_id",
  },
  ack_status = 200,
  answer = "decision",
  respond_within_s = 10, -- the platform waits for 30 s, the customer does not

  read = read_event,
  respond = respond,
}
