-- The message arrays of language models, read by their shape: chat
-- completions, response items, content blocks, parts, and plain {role, text}.
-- chat.read gives canonical messages and the tool calls that stood in them.

chat = {}

local MESSAGES_MAX = 2500
local MESSAGE_MAX = 64 * 1024 -- bytes of one message's text
local ACTION_MAX = 2048 -- bytes shown of a tool's arguments or answer

local roles = {
  user = "customer",
  customer = "customer",
  human = "customer",
  end_user = "customer",
  assistant = "ai",
  ai = "ai",
  model = "ai",
  agent = "human_agent",
  human_agent = "human_agent",
  system = "system",
  developer = "system",
  tool = "tool",
  ["function"] = "tool",
}
local ROLES_SHOWN = "user, assistant, agent, system or tool"

-- --- content ------------------------------------------------------------------

local function shown_arguments(arguments)
  if type(arguments) == "table" then
    return take.json(arguments)
  end
  return type(arguments) == "string" and arguments or ""
end

-- Arguments come as JSON text or as an object; what is neither stays as text.
local function read_arguments(v)
  if type(v) == "string" then
    local fine, decoded = pcall(json.decode, v)
    return fine and type(decoded) == "table" and decoded or v
  end
  return type(v) == "table" and v or nil
end

local function add_text(out, s, path)
  if type(s) ~= "string" then
    reject("%s: must be text, not %s", path, take.shown(s))
  end
  if s ~= "" then
    out.texts[#out.texts + 1] = s
  end
end

local function add_call(out, id, name, arguments)
  out.calls[#out.calls + 1] = {
    id = take.id(id),
    name = take.line(name, 64) or "tool",
    arguments = read_arguments(arguments),
  }
end

local function plain_result(v)
  if type(v) == "table" then
    local texts = {}
    for _, part in ipairs(v) do
      texts[#texts + 1] = type(part) == "table" and take.text(part.text) or take.text(part)
    end
    return #texts > 0 and table.concat(texts, "\n") or shown_arguments(v)
  end
  return take.text(v) or ""
end

local function add_result(out, id, value, failed, name)
  out.results[#out.results + 1] = {
    id = take.id(id),
    name = take.line(name, 64),
    text = plain_result(value),
    failed = failed == true,
  }
end

local function add_file(out, name, mime, url, size)
  out.attachments[#out.attachments + 1] = {
    name = take.line(name, 200) or "file",
    mime = take.line(mime, 100),
    url = take.host(url) and url or nil,
    size = take.number(size, 0, 1e15) and take.integer(size) or nil,
  }
end

local function url_of(v)
  return type(v) == "table" and (v.url or v.file_url) or v
end

local function add_image(out, part)
  local from = take.map(part.source) or {}
  add_file(out, "image", from.media_type or part.mime_type, url_of(part.image_url) or from.url or part.url)
end

local function add_document(out, part)
  local file, from = take.map(part.file) or part, take.map(part.source) or {}
  add_file(
    out,
    file.filename or part.title or file.name,
    from.media_type or file.mime_type,
    file.file_url or from.url or file.url,
    file.size
  )
end

local function add_call_part(out, part)
  local call = take.map(part["function"]) or part
  add_call(out, part.id or part.call_id, call.name, call.arguments or call.input or call.args)
end

local function add_result_part(out, part)
  local value = part.content or part.output or part.result or part.response
  add_result(out, part.tool_use_id or part.call_id or part.id, value, part.is_error, part.name)
end

local function skip() end

local function text_part(out, part, path)
  add_text(out, part.text or part.content or "", path)
end

local part_readers = {
  text = text_part,
  input_text = text_part,
  output_text = text_part,
  refusal = function(out, part, path)
    out.refused = true
    add_text(out, part.refusal or part.text or "", path)
  end,
  image_url = add_image,
  input_image = add_image,
  image = add_image,
  input_audio = function(out)
    add_file(out, "audio")
  end,
  audio = function(out)
    add_file(out, "audio")
  end,
  file = add_document,
  input_file = add_document,
  document = add_document,
  tool_use = add_call_part,
  tool_call = add_call_part,
  server_tool_use = add_call_part,
  tool_result = add_result_part,
  tool_call_response = add_result_part,
  thinking = skip,
  redacted_thinking = skip,
  reasoning = skip,
}

-- Parts that tell by a member, not by a type, what they are.
local function read_untyped(out, part, path)
  local call, result = take.map(part.functionCall), take.map(part.functionResponse)
  local file = take.map(part.fileData) or take.map(part.inlineData)
  if call then
    add_call(out, call.id, call.name, call.args)
  elseif result then
    add_result(out, result.id, result.response, false, result.name)
  elseif file then
    add_file(out, "file", file.mimeType, file.fileUri)
  else
    text_part(out, part, path)
  end
end

local function read_part(out, part, path)
  if type(part) == "string" then
    add_text(out, part, path)
    return
  elseif type(part) ~= "table" then
    reject("%s: must be text or an object, not %s", path, take.shown(part))
  end
  local reader = part_readers[part.type]
  if reader then
    reader(out, part, path)
  elseif part.type == nil then
    read_untyped(out, part, path)
  else
    add_text(out, "[" .. (take.line(part.type, 40) or "content") .. "]", path)
  end
end

local function read_content(out, content, path)
  if type(content) == "string" then
    add_text(out, content, path)
  elseif type(content) == "table" then
    if content.type ~= nil or content.text ~= nil then
      read_part(out, content, path)
      return
    end
    for i = 1, #content do
      read_part(out, content[i], ("%s[%d]"):format(path, i - 1))
    end
  elseif content ~= nil then
    reject("%s: must be text or a list of parts, not %s", path, take.shown(content))
  end
end

-- --- one item -----------------------------------------------------------------

-- Some frameworks write {type = "human", data = {...}} or a serialised class.
local function unwrap(item)
  if type(item.kwargs) == "table" and type(item.id) == "table" then
    local class = item.id[#item.id]
    local role = type(class) == "string" and class:match "^(%a-)Message" or ""
    local inner = take.kept(item.kwargs) or {}
    inner.role = role:gsub("Chunk$", ""):lower()
    return inner
  elseif item.role == nil and type(item.data) == "table" and roles[item.type] then
    local inner = {}
    for key, value in pairs(item.data) do
      inner[key] = value
    end
    inner.role = item.type
    return inner
  end
  return item
end

local function convert(s, how)
  if how == "html" then
    return text.html_to_text(s)
  elseif how == "markdown" then
    return text.markdown_to_text(s)
  end
  return s
end

local text_formats = { text = "text", html = "html", markdown = "markdown" }
local kinds = { text = "text", form = "form", event = "event", note = "note", attachment = "attachment" }

local function read_files(out, list, path)
  for i = 1, #list do
    local file = list[i]
    if type(file) ~= "table" then
      reject("%s[%d]: must be an object, not %s", path, i - 1, take.shown(file))
    end
    add_file(
      out,
      file.name or file.filename,
      file.mime or file.content_type or file.mime_type or file.type,
      file.url,
      file.size
    )
  end
end

-- Shared with what has attachments beside its messages.
function chat.files(list, path)
  local out = { attachments = {} }
  read_files(out, list, path)
  return out.attachments
end

local function read_calls(out, item, path)
  local list = want.list(item, "tool_calls", path)
  for i = 1, list and #list or 0 do
    local call = list[i]
    if type(call) ~= "table" then
      reject("%stool_calls[%d]: must be an object, not %s", path, i - 1, take.shown(call))
    end
    add_call_part(out, call)
  end
  local old = want.map(item, "function_call", path)
  if old then
    add_call(out, nil, old.name, old.arguments)
  end
end

local function read_author(item, path)
  if type(item.author) == "table" then
    return take.some {
      id = want.id(item.author, "id", path .. "author."),
      name = want.line(item.author, "name", path .. "author.", 200),
    }
  end
  local name = want.line(item, "author", path, 200) or take.line(item.name, 200)
  return name and { name = name } or nil
end

local function read_time(item, path)
  return want.time(item, "at_ms", path)
    or want.time(item, "at", path)
    or want.time(item, "ts", path)
    or want.time(item, "timestamp", path)
    or want.time(item, "created_at", path)
    or want.time(item, "time", path)
end

local refusals = { content_filter = true, refusal = true }

-- What an item holds, whatever its shape.
local function open_item(item, path)
  local out = { texts = {}, attachments = {}, calls = {}, results = {} }
  if item.type == "function_call" then
    add_call(out, item.call_id or item.id, item.name, item.arguments)
    out.role = "ai"
    return out
  elseif item.type == "function_call_output" then
    add_result(out, item.call_id, item.output, item.is_error)
    out.role = "tool"
    return out
  elseif item.type == "reasoning" or item.type == "item_reference" then
    return nil
  elseif item.role == nil and type(item.type) == "string" and item.type:find "_call$" then
    add_call(out, item.id, item.type:gsub("_call$", ""), item.action or item.queries)
    out.role = "ai"
    return out
  end
  if item.role == nil then
    reject("%srole: is missing; use %s", path, ROLES_SHOWN)
  end
  out.role = want.word(item, "role", path, roles, ROLES_SHOWN)
  local content = item.content
  if content == nil then
    content = item.parts
  end
  if out.role == "tool" then
    add_result(out, item.tool_call_id, content, item.is_error or item.status == "error", item.name)
    return out
  end
  read_content(out, content, path .. "content")
  if item.text ~= nil then
    add_text(out, item.text, path .. "text")
  end
  if type(item.refusal) == "string" then
    out.refused = true
    add_text(out, item.refusal, path .. "refusal")
  end
  out.refused = out.refused or refusals[item.finish_reason] or refusals[item.stop_reason]
  read_calls(out, item, path)
  local files = want.list(item, "attachments", path)
  if files then
    read_files(out, files, path .. "attachments")
  end
  return out
end

-- --- the list -------------------------------------------------------------------

local function add_message(all, message)
  if #all.messages >= MESSAGES_MAX then
    reject("messages: more than %d in one event; send them in parts", MESSAGES_MAX)
  end
  all.messages[#all.messages + 1] = message
  return message
end

local function message_id(item, index, given, path)
  local id = want.id(item, "id", path) or want.id(item, "message_id", path)
  if given.by_index then
    id = nil
  end
  if id == nil and index == nil then
    local call = item.call_id or item.tool_call_id
    if take.id(call) == nil then
      reject(
        "%sid: is missing; in append mode give every message an id, or first_index, the position of the "
          .. "first one in the conversation (from 0); or say mode = \"snapshot\" when the list is the whole "
          .. "conversation each time",
        path
      )
    end
  end
  return id
end

local function add_spoken(all, item, out, base, given, path)
  local body = table.concat(out.texts, "\n")
  if #body > MESSAGE_MAX then
    reject("%stext: is %d bytes long; at most %d", path, #body, MESSAGE_MAX)
  end
  local how = want.word(item, "format", path, text_formats, "text, markdown or html") or given.text_format
  local words = convert(body, how)
  if words == "" and #out.attachments == 0 then
    return
  end
  local message = add_message(all, {
    id = base.id,
    index = base.index,
    at_ms = base.at_ms,
    role = out.role,
    author = read_author(item, path),
    kind = want.word(item, "kind", path, kinds, "text, form, event, note or attachment")
      or (words == "" and "attachment")
      or (out.role == "system" and "event")
      or "text",
    text = words,
    language = want.language(item, "language", path),
    intent = want.line(item, "intent", path, 200),
    confidence = want.confidence(item, "confidence", path),
    sentiment = want.sentiment(item, "sentiment", path),
    feedback = want.feedback(item, "feedback", path),
    attachments = take.some(out.attachments),
  })
  if want.bool(item, "auto", path) or take.automatic(item.headers) then
    message.auto = true
  end
  if out.role == "customer" then
    all.calls = {} -- what was asked for before the customer spoke again is over
  end
end

-- What the AI's answer was made of.
local function add_articles(all, item, out)
  local articles = out.role == "ai" and take.articles(item.articles)
  if articles then
    local answer = take.line(table.concat(out.texts, "\n"), 500)
    all.attempts[#all.attempts + 1] = { type = "answer", summary = answer, articles = articles }
  end
end

local function add_calls(all, out, base)
  for i, call in ipairs(out.calls) do
    add_message(all, {
      id = call.id or (base.id and ("%s/call-%d"):format(base.id, i)),
      index = base.index,
      at_ms = base.at_ms,
      role = "ai",
      kind = "action",
      author = { name = call.name },
      text = "Called " .. call.name .. " " .. take.clip(shown_arguments(call.arguments), ACTION_MAX),
    })
    all.calls[#all.calls + 1] = call
    local attempt = { type = "tool", tool = { name = call.name, status = "called" } }
    all.attempts[#all.attempts + 1] = attempt
    all.by_call[call.id or "name:" .. call.name] = attempt
  end
end

local function add_results(all, out, base)
  for i, result in ipairs(out.results) do
    local attempt = all.by_call[result.id or "name:" .. (result.name or "tool")]
    local name = result.name or (attempt and attempt.tool.name) or "tool"
    local shown = take.clip(result.text, ACTION_MAX)
    add_message(all, {
      id = (result.id and result.id .. "/result") or (base.id and ("%s/result-%d"):format(base.id, i)),
      index = base.index,
      at_ms = base.at_ms,
      role = "system",
      kind = "action",
      author = { name = name },
      text = name .. (result.failed and " failed: " or " answered: ") .. shown,
    })
    if attempt then
      attempt.tool.status = result.failed and "error" or "ok"
      attempt.tool.result_summary = (take.clip(shown, 200))
    end
  end
end

-- The first system text of a conversation is the model's instructions: they
-- are the operator's, not a part of what was said.
local function is_instruction(item, index)
  return item.role == "developer" or (item.role == "system" and index == 0)
end

local function read_item(all, item, i, given)
  local path = ("%s[%d]"):format(given.path, i - 1)
  if type(item) ~= "table" then
    reject("%s: must be an object, not %s", path, take.shown(item))
  end
  path = path .. "."
  item = unwrap(item)
  local index = want.count(item, "index", path) or (given.first_index and given.first_index + i - 1)
  if is_instruction(item, index) then
    return
  end
  local out = open_item(item, path)
  if out == nil then
    return
  end
  local base = { id = message_id(item, index, given, path), index = index, at_ms = read_time(item, path) }
  if out.role ~= "tool" then
    add_spoken(all, item, out, base, given, path)
    add_articles(all, item, out)
  end
  add_calls(all, out, base)
  add_results(all, out, base)
  if out.refused then
    all.attempts[#all.attempts + 1] = { type = "fallback", summary = "the model declined to answer" }
  end
end

-- True when each item has an id of its own.
local function all_named(list)
  for i = 1, #list do
    local item = list[i]
    if type(item) ~= "table" or take.id(item.id or item.message_id) == nil then
      return false
    end
  end
  return true
end

-- given: path (for refusals), first_index or nil, snapshot (the list is the
-- whole conversation), text_format. Returns { messages, calls (still open: no
-- customer message behind them), attempts }.
function chat.read(list, given)
  if #list > MESSAGES_MAX then
    reject("%s: %d messages in one event; at most %d", given.path, #list, MESSAGES_MAX)
  end
  if given.snapshot then
    given.first_index = 0
    given.by_index = not all_named(list)
  end
  local all = { messages = {}, calls = {}, attempts = {}, by_call = {} }
  for i = 1, #list do
    read_item(all, list[i], i, given)
  end
  return all
end

-- The messages in a model's answer.
function chat.answer(answer, path)
  local choices, candidates = want.list(answer, "choices", path), want.list(answer, "candidates", path)
  if choices then
    local first = take.map(choices[1]) or {}
    local message = want.map(first, "message", path .. "choices[0].")
    if message == nil then
      return {}
    end
    local copy = {}
    for key, value in pairs(message) do
      copy[key] = value
    end
    copy.finish_reason = first.finish_reason
    copy.id = copy.id or answer.id
    return { copy }
  elseif candidates then
    local first = take.map(candidates[1]) or {}
    return { want.map(first, "content", path .. "candidates[0].") }
  elseif answer.output ~= nil then
    if type(answer.output) == "string" then
      return { { role = "assistant", content = answer.output, id = answer.id } }
    end
    return want.list(answer, "output", path)
  elseif answer.content ~= nil then
    return {
      {
        role = answer.role or "assistant",
        content = answer.content,
        id = answer.id,
        stop_reason = answer.stop_reason,
      },
    }
  end
  return {}
end
