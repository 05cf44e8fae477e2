-- The words in which an adapter describes a vendor, and the entry table whose
-- functions the engine calls. An adapter file returns one source { ... },
-- helpdesk { ... } or notifier { ... }: data about the vendor, then pure
-- functions. Nothing here does I/O: requests are described, answers are read.

local entry = {}
local declared -- what the adapter's file returned
local file -- its name, for complaints (a tail call leaves no line to name)

-- --- strict declarations ---------------------------------------------------

local function names(shape)
  local list = {}
  for name in pairs(shape) do
    list[#list + 1] = name
  end
  return list
end

local function hint(word, shape)
  local near = type(word) == "string" and text.nearest(word, names(shape))
  return near and "; did you mean '" .. near .. "'?" or ""
end

local function complain(about, ...)
  error(file .. ": " .. about:format(...), 0)
end

-- A shape maps a key to a type name; "?" behind it makes the key optional.
local function check(what, given, shape)
  if type(given) ~= "table" then
    complain("%s must be a table", what)
  end
  for key in pairs(given) do
    if shape[key] == nil then
      complain("%s: unknown key '%s'%s", what, tostring(key), hint(key, shape))
    end
  end
  for key, kind in pairs(shape) do
    local value, optional = given[key], kind:sub(-1) == "?"
    local wanted = optional and kind:sub(1, -2) or kind
    if value == nil and not optional then
      complain("%s: needs %s, a %s", what, key, wanted)
    elseif value ~= nil and type(value) ~= wanted then
      complain("%s: %s must be a %s, not a %s", what, key, wanted, type(value))
    end
  end
end

local common = {
  name = "string", -- as in adapter = "name"
  needs = "table", -- configuration key -> type; "?" behind it: optional
  base = "string?", -- URL prefix of requests; the configuration's url wins
  hosts = "table?", -- further hosts that may get the secrets
  auth = "table?", -- computed at each send, see basic, bearer, header
}

local function shape_of(own)
  for key, kind in pairs(common) do
    own[key] = kind
  end
  return own
end

local shapes = {
  source = shape_of {
    verify = "table", -- ways to prove a request; the configuration chooses
    each = "string?", -- path of the array that holds the events of one body
    event_key = "table", -- where a repeat is recognised: first place present
    conversation_key = "table",
    ignore = "table?", -- answered 200 and forgotten
    ack_status = "number?",
    answer = "string?", -- "decision": what respond returns; else "ack"
    respond_within_s = "number?", -- after so long the answer does not wait
    checks = "boolean?", -- read may refuse a body; the answer waits for it
    reply_repeatable = "boolean?", -- the receiver knows a repeated message
    read = "function",
    pause = "function?",
    reply = "function?",
    close = "function?",
    respond = "function?", -- the answer to a request is what is said
  },
  helpdesk = shape_of {
    builtin = "boolean?", -- kept by the engine: no request at all
    carries = "table",
    unique = "string", -- handle, search or none: how a repeat is recognised
    lag_s = "number?", -- until a new ticket can be found
    idempotency_s = "number?", -- same bytes, same key: safe for so long
    window_max = "number?", -- requests at the same time
    steps = "table",
    makes = "table?", -- what a hand-over becomes there; else a ticket
    continues = "table?", -- sources whose conversations are its own
    reset_header = "string?", -- of a 429: until when, seconds since 1970
    statuses = "table?", -- the vendor's status -> ours
    webhook = "table?", -- how its status webhooks are proved
    find = "table?",
    update = "table?",
    append = "table?", -- a hand-over that goes on in a ticket there is
    follow = "table?", -- what became of tickets, asked many at a time
    closed_for_good = "boolean?", -- a closed ticket takes nothing more
    status = "function?",
  },
  notifier = shape_of {
    send = "function",
  },
}

local carries = {
  format = "string",
  subject_max = "number?",
  body_max = "number?",
  attachments = "boolean?",
}
-- repeatable: done twice it is as done once, so that an attempt with an unknown
-- end goes once more; find: what became of this step, else the helpdesk's find.
local step = {
  name = "string",
  after = "string?",
  build = "function?",
  read = "function?",
  repeatable = "boolean?",
  find = "table?",
}
local pair = { build = "function", read = "function" }
local follow = { batch = "number", build = "function", read = "function" }
local triple = { build = "function", read = "function", find = "table?" }
local need_types = {
  string = true,
  secret = true,
  number = true,
  boolean = true,
  table = true,
  any = true,
}
local uniques = { handle = true, search = true, none = true }
local formats = { text = true, html = true, markdown = true }

local function check_word(what, word, allowed)
  if not allowed[word] then
    complain("%s: unknown '%s'%s", what, tostring(word), hint(word, allowed))
  end
end

local function check_needs(spec)
  for key, kind in pairs(spec.needs) do
    local plain = type(kind) == "string" and kind:gsub("%?$", "")
    if not (plain and need_types[plain]) then
      complain("needs.%s: unknown type '%s'%s", tostring(key), tostring(kind), hint(plain, need_types))
    end
  end
end

-- { as = "conversation", needs = { "widget_id|email_integration" } }: which
-- settings it takes; of names with a | between them one. The first that has
-- them is made when nothing else is said; what takes least stands last.
local made = { as = "string", needs = "table?" }
local made_as = { ticket = true, conversation = true }

local function check_makes(spec)
  for i, one in ipairs(spec.makes or {}) do
    local what = ("makes[%d]"):format(i)
    check(what, one, made)
    check_word(what .. ".as", one.as, made_as)
    for _, names in ipairs(one.needs or {}) do
      for name in names:gmatch "[^|]+" do
        if spec.needs[name] == nil then
          complain("%s: needs '%s', which is not among needs%s", what, name, hint(name, spec.needs))
        end
      end
    end
  end
end

local function check_steps(spec)
  local seen = {}
  for i, one in ipairs(spec.steps) do
    local what = ("steps[%d]"):format(i)
    check(what, one, step)
    if one.name == "append" then
      complain("%s: the name 'append' is that of append = { ... }", what)
    elseif one.after and not seen[one.after] then
      complain("%s: after = '%s' is no earlier step", what, one.after)
    elseif not spec.builtin and not (one.build and one.read) then
      complain("%s: needs build and read", what)
    end
    if one.find then
      check(what .. ".find", one.find, pair)
    end
    seen[one.name] = one
  end
  if #spec.steps == 0 then
    complain "steps: needs at least one"
  end
end

local answers = { ack = true, decision = true }

local function check_source(spec)
  check_word("answer", spec.answer or "ack", answers)
  if (spec.answer == "decision") ~= (spec.respond ~= nil) then
    complain "answer = \"decision\" and respond go together"
  end
end

local function check_helpdesk(spec)
  check("carries", spec.carries, carries)
  check_word("carries.format", spec.carries.format, formats)
  check_word("unique", spec.unique, uniques)
  check_makes(spec)
  check_steps(spec)
  if spec.find then
    check("find", spec.find, pair)
  end
  if spec.follow then
    check("follow", spec.follow, follow)
    if spec.follow.batch < 1 or spec.follow.batch > 100 then
      complain "follow.batch is 1 to 100 tickets a request"
    end
  end
  for _, name in ipairs { "update", "append" } do
    local later = spec[name]
    if later then
      check(name, later, triple)
      if later.find then
        check(name .. ".find", later.find, pair)
      end
    end
  end
end

-- What a file returns; it is checked when the file is known, in entry.loaded.
local function declare(kind)
  return function(spec)
    return { kind = kind, spec = spec }
  end
end

source = declare "source"
helpdesk = declare "helpdesk"
notifier = declare "notifier"

-- --- authentication: templates that the engine fills at each send -----------

function basic(user, password)
  return { scheme = "basic", user = user, password = password }
end

function bearer(token)
  return { scheme = "bearer", token = token }
end

function header(name, value)
  return { scheme = "header", header = name, value = value }
end

function standard_webhooks(secret)
  return { scheme = "standard_webhooks", secret = secret }
end

function unsigned()
  return { scheme = "none" }
end

-- The first whose places the configuration fills.
function first_of(list)
  for i = #list - 1, 1, -1 do
    list[i].otherwise = list[i + 1]
  end
  return list[1]
end

-- --- what an answer meant --------------------------------------------------

local function outcome(name, with)
  with = with or {}
  with.outcome = name
  return with
end

-- { id, display_id, url, saved, there }; there: it was there before this
-- hand-over; of follow: { tickets }. A build may return it too: nothing is to be
-- sent.
function done(with)
  return outcome("done", with)
end

-- Certainly not applied; after_s or the engine's own delay.
function retry(after_s)
  return outcome("retry", { after_s = after_s })
end

-- Certainly not applied, and the same request never will be.
function refused(why)
  return outcome("refused", { why = why })
end

function auth(why)
  return outcome("auth", { why = why })
end

-- Perhaps applied: the engine looks before it sends again.
function unknown(why)
  return outcome("unknown", { why = why })
end

function missing()
  return outcome "missing"
end

-- Ask build once more, with this saved. From a find: look further.
function again(with)
  return outcome("again", with)
end

-- { ids (oldest first), url, saved }
function found(with)
  with.id = with.id or with.ids[1]
  return outcome("found", with)
end

-- A mail instead of a request: { to, subject, text }.
function mail(with)
  return with
end

-- --- refusing what came in ---------------------------------------------------

-- Ends read: the sender gets the text with a 422 and nothing is kept. Only for
-- what the sender can correct.
function reject(text_format, ...)
  error({ refusal = text_format:format(...) }, 0)
end

-- --- what the engine calls ---------------------------------------------------

function entry.loaded(name, value)
  file = name
  local kind = type(value) == "table" and value.kind
  if shapes[kind] == nil then
    complain "an adapter returns source { ... }, helpdesk { ... } or notifier { ... }"
  end
  check(kind, value.spec, shapes[kind])
  check_needs(value.spec)
  if kind == "helpdesk" then
    check_helpdesk(value.spec)
  elseif kind == "source" then
    check_source(value.spec)
  end
  declared = value.spec
  declared.kind = kind
end

function entry.finish()
  if declared == nil then
    error("no adapter was declared", 0)
  end
end

local plain_keys = {
  "kind",
  "name",
  "needs",
  "base",
  "hosts",
  "auth",
  "verify",
  "each",
  "event_key",
  "conversation_key",
  "ignore",
  "ack_status",
  "answer",
  "respond_within_s",
  "checks",
  "reply_repeatable",
  "builtin",
  "carries",
  "unique",
  "lag_s",
  "idempotency_s",
  "window_max",
  "makes",
  "continues",
  "reset_header",
  "closed_for_good",
  "statuses",
  "webhook",
}

function entry.describe()
  local d, about = {}, declared
  for _, key in ipairs(plain_keys) do
    d[key] = about[key]
  end
  d.has_pause = about.pause ~= nil
  d.has_reply = about.reply ~= nil
  d.has_close = about.close ~= nil
  d.has_respond = about.respond ~= nil
  d.has_find = about.find ~= nil
  d.has_update = about.update ~= nil
  d.has_update_find = about.update ~= nil and about.update.find ~= nil
  d.has_append = about.builtin or about.append ~= nil
  d.has_append_find = about.append ~= nil and about.append.find ~= nil
  d.has_status = about.status ~= nil
  d.follow_batch = about.follow and about.follow.batch
  if about.steps then
    d.steps = {}
    for i, one in ipairs(about.steps) do
      d.steps[i] = {
        name = one.name,
        after = one.after,
        repeatable = one.repeatable,
        has_find = one.find ~= nil or nil,
      }
    end
  end
  return d
end

-- Canonical events, nil for nothing to do, or { reject = why }.
function entry.read(event, headers, cfg)
  local fine, events = pcall(declared.read, event, headers or {}, cfg or {})
  if not fine then
    if type(events) == "table" and type(rawget(events, "refusal")) == "string" then
      return { reject = events.refusal }
    end
    error(events, 0)
  end
  if events ~= nil and #events > 0 then
    return events
  end
  return nil
end

function entry.pause(conversation, cfg)
  return declared.pause(conversation, cfg or {})
end

function entry.reply(message, conversation, cfg)
  return declared.reply(message, conversation, cfg or {})
end

function entry.close(conversation, cfg)
  return declared.close(conversation, cfg or {})
end

-- The answer to the request that brought the event: { json, headers }.
function entry.respond(turn, event, cfg)
  return declared.respond(turn, event, cfg or {})
end

local function step_named(name)
  if name == "append" then
    return declared.append
  end
  for _, one in ipairs(declared.steps) do
    if one.name == name then
      return one
    end
  end
  error("no step '" .. tostring(name) .. "'", 0)
end

function entry.build(name, t, cfg, saved)
  return step_named(name).build(t, cfg or {}, saved or {})
end

function entry.result(name, response, t, cfg, saved)
  return step_named(name).read(response, t, cfg or {}, saved or {})
end

local function find_of(name)
  for _, one in ipairs(declared.steps) do
    if one.name == name and one.find then
      return one.find
    end
  end
  return declared.find
end

-- step: what it is that may have been done; without it the whole hand-over.
function entry.find_build(t, cfg, saved, step_name)
  return find_of(step_name).build(t, cfg or {}, saved or {})
end

function entry.find_result(response, t, cfg, saved, step_name)
  return find_of(step_name).read(response, t, cfg or {}, saved or {})
end

function entry.update_build(t, cfg, saved)
  return declared.update.build(t, cfg or {}, saved or {})
end

function entry.update_result(response, t, cfg, saved)
  return declared.update.read(response, t, cfg or {}, saved or {})
end

function entry.update_find_build(t, cfg, saved)
  return declared.update.find.build(t, cfg or {}, saved or {})
end

function entry.update_find_result(response, t, cfg, saved)
  return declared.update.find.read(response, t, cfg or {}, saved or {})
end

function entry.append_find_build(t, cfg, saved)
  return declared.append.find.build(t, cfg or {}, saved or {})
end

function entry.append_find_result(response, t, cfg, saved)
  return declared.append.find.read(response, t, cfg or {}, saved or {})
end

-- ids: of tickets. What is read is done { tickets = { { id, status,
-- native_status, group_id, group_name, assignee (false: nobody), at_ms, human_at_ms,
-- gone }, ... } }; one that is asked for and not told of is not there.
function entry.follow_build(ids, cfg)
  return declared.follow.build(ids, cfg or {})
end

function entry.follow_result(response, ids, cfg)
  return declared.follow.read(response, ids, cfg or {})
end

function entry.status(event, headers, cfg)
  if type(event) ~= "table" then
    return nil
  end
  return declared.status(event, headers or {}, cfg or {})
end

function entry.send(notice, cfg)
  return declared.send(notice, cfg or {})
end

return entry
