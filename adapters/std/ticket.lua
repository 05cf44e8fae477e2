-- What helpdesks have in common: values of a ticket by canonical name, the
-- words of a refusal, priorities and states.

ticket = {}

local direct = {
  handoff_id = true,
  tenant = true,
  conversation_id = true,
  native_url = true,
  channel = true,
  priority = true,
  due_at = true,
  group = true,
  reason = true,
  rule = true,
  next_step = true,
  summary = true,
  need = true,
  intent = true,
  language = true,
}

-- What the human must be able to do, as lines.
function ticket.skills(t)
  local skills = {}
  for _, one in ipairs(take.map(t.skills) or {}) do
    skills[#skills + 1] = take.line(one, 100)
  end
  return skills
end

-- The tags, then the skills: as the configuration calls them, else skill_x.
function ticket.labels(t, cfg)
  local labels = {}
  for _, tag in ipairs(take.map(t.tags) or {}) do
    labels[#labels + 1] = take.line(tag, 255)
  end
  for _, skill in ipairs(ticket.skills(t)) do
    labels[#labels + 1] = take.line(take.at(cfg.skills, skill), 255) or "skill_" .. skill
  end
  return labels
end

-- What a ticket that is there is to get besides what it has: of an update that
-- says so.
function ticket.added(t)
  local tags = {}
  for _, tag in ipairs(take.map(take.at(t.update, "tags")) or {}) do
    tags[#tags + 1] = take.line(tag, 255)
  end
  return tags
end

-- The value of a canonical field: what was collected, then what the hand-over
-- itself knows, then "customer.tier" and the like, then an attribute.
function ticket.value(t, name)
  local value = take.at(t.fields, name)
  if value == nil and name == "skills" then
    value = #ticket.skills(t) > 0 and table.concat(ticket.skills(t), ", ") or nil
  end
  if value == nil and direct[name] then
    value = t[name]
  end
  if value == nil then
    local member = name:match "^customer%.(.+)$"
    value = member and take.at(t.customer, member)
  end
  if value == nil then
    value = take.at(t.attributes, name)
  end
  if type(value) == "table" then
    return nil
  end
  return value
end

-- A subject without line ends, at most `max` bytes.
function ticket.subject(t, max)
  return take.line(t.subject, max) or take.line("Conversation " .. (take.text(t.conversation_id) or ""), max)
end

-- The customer's own words, and the hand-over's id behind them: for a first
-- message that the customer may see, and by which it is found again.
function ticket.opening(t, max)
  local reference = "\n\nRef. " .. t.handoff_id
  local words = take.text(t.first_question) or ticket.subject(t, max)
  return take.clip(words, max - #reference) .. reference
end

-- The fields that the configuration names, by the vendor's name for each: text,
-- numbers and booleans as they are.
function ticket.named_fields(t, fields)
  local out = {}
  for name, key in pairs(take.map(fields) or {}) do
    key = take.line(key, 200)
    if key then
      out[key] = ticket.value(t, tostring(name))
    end
  end
  return take.some(out)
end

-- saved with more in it.
function ticket.merged(saved, more)
  local out = {}
  for key, value in pairs(saved) do
    out[key] = value
  end
  for key, value in pairs(more) do
    out[key] = value
  end
  return out
end

-- Requests that may each be made twice, one after another: saved.turn is how
-- many are done. Behind a restart it begins anew.
function ticket.in_turn(requests, saved, finished)
  return requests[(saved.turn or 0) + 1] or finished
end

function ticket.next_turn(requests, saved, finished)
  local turn = (saved.turn or 0) + 1
  if turn < #requests then
    return again { saved = ticket.merged(saved, { turn = turn }) }
  end
  return finished
end

-- The conversation that the customer is in, when it is one of a vendor's whose
-- ids are numbers: the field that the configuration names has it, or the source
-- with that adapter (nil: no source has).
function ticket.home(t, cfg, adapter)
  local from = take.map(t.source) or {}
  if cfg.conversation_field then
    return take.digits(ticket.value(t, tostring(cfg.conversation_field)))
  elseif adapter and from.adapter == adapter then
    return take.digits(from.native_id)
  end
  return nil
end

-- "high" and "low" of a table in the configuration, else the vendor's own.
function ticket.priority(t, cfg, own)
  local value = take.at(cfg.priorities, t.priority or "normal")
  if value == nil then
    value = own[t.priority or "normal"]
  end
  return value
end

-- Short words of an error answer: never more than a line.
function ticket.complaint(response)
  local json = response.json
  local said
  if type(json) == "table" then
    local first = take.map(json.errors) and take.map(json.errors[1]) or {}
    local err = json.error or json.message or json.title or first.message or first.code
    said = take.text(err) or take.text(take.at(err, "title")) or take.text(take.at(err, "message"))
    local more = take.text(json.description)
    if more then
      said = said and said .. ": " .. more or more
    end
  end
  said = take.line(said or response.text, 200)
  local status = take.integer(response.status)
  return ("status %s%s"):format(status and tostring(status) or "unknown", said and ": " .. said or "")
end

function ticket.fine(response)
  return type(response.status) == "number" and response.status >= 200 and response.status < 300
end

local canonical = { open = true, in_progress = true, waiting = true, resolved = true, closed = true }

-- Ours for a vendor's state; the configuration's map goes first.
function ticket.status(native, cfg, own)
  local word = take.text(native)
  if word == nil then
    return nil
  end
  word = word:lower()
  local mine = take.at(cfg.statuses, word) or own[word]
  return canonical[mine] and mine or nil
end

-- Behind what is appended to a ticket, so that it can be found again.
function ticket.mark(key)
  return "usher " .. key
end

-- The oldest first, numbers as numbers.
function ticket.sort_ids(ids)
  table.sort(ids, function(a, b)
    if #a ~= #b then
      return #a < #b
    end
    return a < b
  end)
  return ids
end
