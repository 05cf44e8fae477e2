-- Request Tracker 5 (REST2). It has no idempotency key: each ticket carries
-- the hand-over's id in a custom field with unique values, which can be
-- searched at once. Of several creates with one id RT lets exactly one keep
-- it, so every ticket is looked up after it was made.
--
--   helpdesk "rt" {
--     adapter = "request-tracker", url = "https://desk.example/rt",
--     token = secret "RT_TOKEN", queue = "Support",
--   }
--
-- The requestor can see the first message of a ticket; requestor = false
-- makes tickets without one. A ticket that belongs with another (link_to of a
-- rule) refers to it; with link = "MemberOf" it is its child.

local API = "/REST/2.0"

local priorities = { low = 0, normal = 50, high = 80, urgent = 100 }
local statuses = {
  new = "open",
  open = "in_progress",
  stalled = "waiting",
  resolved = "resolved",
  rejected = "closed",
  deleted = "closed",
}

local function site(cfg)
  return (tostring(cfg.url):gsub("/+$", ""))
end

local function page(cfg, id)
  return site(cfg) .. "/Ticket/Display.html?id=" .. id
end

local function request(method, path, json)
  return { method = method, path = API .. path, headers = { Accept = "application/json" }, json = json }
end

local function id_field(cfg)
  return take.line(cfg.id_field, 100) or "usher_id"
end

local number = take.digits

-- --- what a ticket is made of -----------------------------------------------------

-- "Jo Doe <jo@example.test>"; a name loses what has a meaning in addresses.
local function requestor(t, cfg)
  local c = take.map(t.customer) or {}
  local email = take.email(c.email)
  if email == nil or cfg.requestor == false then
    return nil
  end
  local name = take.line(c.name, 120)
  name = name and text.trim((name:gsub("[\"<>(),:;@%[%]\\]", " "):gsub("%s+", " ")))
  return name and name ~= "" and name .. " <" .. email .. ">" or email
end

local function custom_fields(t, cfg)
  local out = { [id_field(cfg)] = t.handoff_id }
  local tags = {}
  for _, tag in ipairs(take.map(t.tags) or {}) do
    tags[#tags + 1] = take.line(tag, 200)
  end
  out[take.line(cfg.tags_field, 100) or "usher_tags"] = take.some(tags)
  for name, field in pairs(take.map(cfg.fields) or {}) do
    local value = ticket.value(t, tostring(name))
    field = take.line(field, 100)
    if field and value ~= nil then
      -- A field of several values holds each skill by itself.
      out[field] = name == "skills" and take.some(ticket.skills(t)) or take.text(value) or tostring(value)
    end
  end
  return out
end

local function attachments(t)
  local list = {}
  for _, file in ipairs(take.map(t.attachments) or {}) do
    list[#list + 1] = { FileName = file.name, FileType = file.type, FileContent = file.data }
  end
  return take.some(list)
end

-- What it belongs with: the incident that many have, or the ticket before it.
local function link_of(t, cfg, saved)
  local word = cfg.link == "MemberOf" and "MemberOf" or "RefersTo"
  local old, with = number(saved.follows), number(t.link_to)
  if old and with and word == "RefersTo" then
    return { RefersTo = { old, with } }
  end
  return { RefersTo = old or word == "RefersTo" and with or nil, MemberOf = word == "MemberOf" and with or nil }
end

local function build_create(t, cfg, saved)
  local link = link_of(t, cfg, saved)
  return request("POST", "/ticket", {
    Queue = take.id(t.group_id) or take.id(cfg.queue) or "General",
    Subject = ticket.subject(t, 200),
    Content = t.text,
    ContentType = "text/plain",
    Requestor = requestor(t, cfg),
    Owner = take.line(t.assignee, 200),
    Priority = take.integer(ticket.priority(t, cfg, priorities)),
    CustomFields = custom_fields(t, cfg),
    Attachments = attachments(t),
    RefersTo = link.RefersTo,
    MemberOf = link.MemberOf,
  })
end

local function made(id, cfg, saved)
  return done { id = id, display_id = id, url = page(cfg, id), saved = saved or { id = id } }
end

local function read_create(response, _, cfg)
  if ticket.fine(response) then
    local id = number(take.at(response.json, "id"))
    return id and made(id, cfg) or unknown "the answer names no ticket"
  elseif response.status == 409 or response.status == 423 then
    return retry()
  end
  return refused(ticket.complaint(response))
end

-- --- look-up by the hand-over's id -----------------------------------------------

local function quoted(s)
  return "'" .. s:gsub("[\\']", "\\%0") .. "'"
end

local function build_find(t, cfg)
  local r = request("GET", "/tickets")
  r.query = {
    query = "CF.{" .. id_field(cfg):gsub("[{}]", "") .. "} = " .. quoted(t.handoff_id),
    fields = "Status,Queue,Created",
    orderby = "id",
    per_page = 20,
  }
  return r
end

local function read_ids(response)
  local items = take.map(take.at(response.json, "items"))
  if not ticket.fine(response) or items == nil then
    return nil
  end
  local ids = {}
  for _, one in ipairs(items) do
    ids[#ids + 1] = type(one) == "table" and number(one.id) or nil
  end
  return ticket.sort_ids(ids)
end

local find = {
  build = build_find,
  read = function(response, _, cfg)
    local ids = read_ids(response)
    if ids == nil then
      return unknown(ticket.complaint(response))
    elseif #ids == 0 then
      return missing()
    end
    return found { ids = ids, display_id = ids[1], url = page(cfg, ids[1]), saved = { id = ids[1] } }
  end,
}

-- --- reading back -------------------------------------------------------------------

-- Who holds the id now? Ours: done. Another: this ticket lost a race and is
-- closed. Nobody: the field was dropped silently (a missing right); set it.
local function build_check(t, cfg, saved)
  local id = number(saved.id)
  if saved.duplicate then
    return request("POST", "/ticket/" .. saved.duplicate .. "/comment", {
      Content = "This is a duplicate: the hand-over is ticket " .. id .. ".",
      ContentType = "text/plain",
      Status = take.line(cfg.duplicate_status, 60) or "rejected",
    })
  elseif saved.unmarked and id then
    return request("PUT", "/ticket/" .. id, { CustomFields = { [id_field(cfg)] = t.handoff_id } })
  end
  return build_find(t, cfg)
end

local function read_check(response, _, cfg, saved)
  local id, ids = number(saved.id), read_ids(response)
  if ids == nil then
    -- The answer to one of the two repairs: the ticket stands either way.
    if id and (saved.duplicate or saved.unmarked) then
      return made(id, cfg, saved)
    end
    return unknown(ticket.complaint(response))
  elseif id == nil then
    return ids[1] and made(ids[1], cfg) or unknown "the ticket was made and cannot be found"
  elseif #ids == 0 then
    return again { saved = { id = id, unmarked = true } }
  elseif take.has(ids, id) then
    return made(id, cfg)
  end
  return again { saved = { id = ids[1], duplicate = id } }
end

-- --- a hand-over that goes on in a ticket there is --------------------------------------

-- The ticket is looked at, opened again when it was resolved, looked at once
-- more (what RT refuses it says in a sentence with status 200), and then the
-- hand-over becomes a comment of it. One that stays closed, or is not there,
-- gets a new ticket that refers to it. Each answer has a shape of its own, so
-- that after a restart nobody takes one for another.
local function build_append(t, cfg, saved)
  local id = number(t.append_to)
  if saved.id then
    return build_check(t, cfg, saved)
  elseif saved.make or not id then
    return build_create(t, cfg, saved)
  elseif saved.status == nil then
    return request("GET", "/ticket/" .. id)
  elseif saved.put then
    return request("PUT", "/ticket/" .. id, saved.put)
  end
  return request("POST", "/ticket/" .. id .. "/comment", {
    Subject = ticket.mark(t.handoff_id),
    Content = t.text,
    ContentType = "text/plain",
    Attachments = attachments(t),
  })
end

local function raised(t, cfg, now)
  local wanted = take.integer(ticket.priority(t, cfg, priorities))
  return wanted and wanted > (take.integer(now) or 0) and wanted or nil
end

local function seen(response, t, cfg, saved)
  local json, id = response.json, number(t.append_to)
  local status = ticket.status(json.Status, cfg, statuses)
  if status == "closed" or saved.tried and status == "resolved" then
    return again { saved = { make = true, follows = id } }
  end
  local put = not saved.tried
    and take.some {
      Status = status == "resolved" and (take.line(cfg.open_status, 60) or "open") or nil,
      Priority = raised(t, cfg, json.Priority),
    }
  return again { saved = { status = status or "open", put = put or nil } }
end

local function read_append(response, t, cfg, saved)
  local json, id = response.json, number(t.append_to)
  local mine = take.map(json) or {}
  if saved.id or take.map(mine.items) then
    return read_check(response, t, cfg, saved)
  elseif saved.make or not id or mine.type == "ticket" and mine._url and not mine.Status then
    local made_now = read_create(response, t, cfg)
    if made_now.outcome == "done" then
      return again { saved = made_now.saved }
    end
    return made_now
  elseif response.status == 404 then
    return again { saved = { make = true } }
  elseif ticket.fine(response) and mine.Status then
    return seen(response, t, cfg, saved)
  elseif response.status == 201 then
    return made(id, cfg)
  elseif response.status == 200 or saved.put then
    return again { saved = { tried = true } }
  end
  return again { saved = { make = true, follows = id } }
end

local append = {
  build = build_append,
  read = read_append,
}

-- The subject of an internal message is its mark.
local function messages_of(path)
  local r = request("GET", path .. "/attachments")
  r.query = { fields = "Subject", orderby = "id", order = "DESC", per_page = 100 }
  return r
end

local function find_message(response, key, id, cfg)
  local items = take.map(take.at(response.json, "items"))
  if not ticket.fine(response) or items == nil then
    return unknown(ticket.complaint(response))
  end
  for _, one in ipairs(items) do
    if type(one) == "table" and one.Subject == ticket.mark(key) then
      return found { ids = { id }, display_id = id, url = page(cfg, id), saved = { id = id } }
    end
  end
  return missing()
end

append.find = {
  build = function(t)
    return messages_of("/ticket/" .. (number(t.append_to) or "0"))
  end,

  read = function(response, t, cfg)
    if response.status == 404 or not number(t.append_to) then
      return missing()
    end
    return find_message(response, t.handoff_id, number(t.append_to), cfg)
  end,
}

-- --- later: append to the ticket ------------------------------------------------------

local function ticket_path(t, saved)
  return "/ticket/" .. (number(saved.id) or number(t.ticket_id) or "0")
end

-- A comment, after the ticket was moved to its new queue: RT takes no queue with
-- a comment, and moving it twice is moving it.
local function build_comment(t, cfg, saved)
  local public = t.update.public == true
  return request("POST", ticket_path(t, saved) .. (public and "/correspond" or "/comment"), {
    Subject = not public and ticket.mark(t.update.key) or nil, -- a customer would read it
    Content = t.update.text_mark,
    ContentType = "text/plain",
    Status = t.update.reopen and (take.line(cfg.open_status, 60) or "open") or nil,
  })
end

local update = {
  build = function(t, cfg, saved)
    local queue = take.id(t.update.group_id)
    if queue and not saved.moved then
      return request("PUT", ticket_path(t, saved), { Queue = queue })
    end
    return build_comment(t, cfg, saved)
  end,

  -- Only a comment is answered 201.
  read = function(response, t, cfg, saved)
    local id = number(saved.id) or number(t.ticket_id)
    if response.status == 200 and take.id(t.update.group_id) and not saved.moved then
      return again { saved = { id = id, moved = true } }
    elseif ticket.fine(response) then
      return made(id, cfg)
    end
    return refused(ticket.complaint(response))
  end,

  find = {
    build = function(t, _, saved)
      return messages_of(ticket_path(t, saved))
    end,

    read = function(response, t, cfg, saved)
      if t.update.public then
        return unknown "a public reply carries no mark; look into the ticket"
      end
      return find_message(response, t.update.key, number(saved.id) or number(t.ticket_id), cfg)
    end,
  },
}

-- --- what became of them -------------------------------------------------------------------

-- RT writes the beginning of 1970 for "never".
local function moment(v)
  local ms = take.ms(v)
  return ms and ms > 0 and ms or nil
end

-- Told: when somebody of the team last wrote to the requestor. As first seen it
-- is the first reply, or a later one of the same few minutes.
local function became(one, cfg)
  local owner = take.line(take.at(one.Owner, "id") or one.Owner, 200)
  return {
    id = number(one.id),
    status = ticket.status(one.Status, cfg, statuses),
    native_status = take.line(one.Status, 60),
    group_id = take.id(take.at(one.Queue, "id")),
    group_name = take.line(take.at(one.Queue, "Name"), 200),
    assignee = owner ~= "Nobody" and owner or false,
    at_ms = moment(one.LastUpdated),
    human_at_ms = moment(one.Told),
  }
end

local follow = {
  batch = 50,

  build = function(ids)
    local wanted = {}
    for _, id in ipairs(ids) do
      wanted[#wanted + 1] = number(id) and "id = " .. number(id)
    end
    local r = request("GET", "/tickets")
    r.query = {
      query = #wanted > 0 and table.concat(wanted, " OR ") or "id = 0",
      fields = "Status,Owner,Queue,LastUpdated,Told",
      ["fields[Queue]"] = "Name",
      orderby = "id",
      per_page = 100,
    }
    return r
  end,

  read = function(response, _, cfg)
    local items = take.map(take.at(response.json, "items"))
    if not ticket.fine(response) or items == nil then
      return refused(ticket.complaint(response))
    end
    local tickets = {}
    for _, one in ipairs(items) do
      if take.map(one) and number(one.id) then
        tickets[#tickets + 1] = became(one, cfg)
      end
    end
    return done { tickets = tickets }
  end,
}

-- --- its webhook (a scrip that posts changes) -------------------------------------------

local function status(event, _, cfg)
  local id = number(event.ticket)
  local ours = ticket.status(event.status, cfg, statuses)
  if id == nil or ours == nil then
    return nil
  end
  return {
    id = id,
    handoff_id = take.id(event.usher_id),
    status = ours,
    native_status = take.text(event.status),
    at_ms = take.ms(event.created),
    event_id = take.id(event.transaction),
    actor = take.line(event.creator, 200),
  }
end

return helpdesk {
  name = "request-tracker",
  needs = {
    url = "string",
    token = "secret?",
    user = "string?",
    password = "secret?",
    queue = "any?",
    requestor = "boolean?",
    id_field = "string?",
    tags_field = "string?",
    fields = "table?",
    priorities = "table?",
    statuses = "table?",
    lag_s = "number?",
    duplicate_status = "string?",
    open_status = "string?",
    link = "string?",
  },
  base = "{url}",
  auth = first_of { header("Authorization", "token {token}"), basic("{user}", "{password}") },
  carries = { format = "text", subject_max = 200, body_max = 1000000, attachments = true },
  unique = "search",
  lag_s = 60, -- a request still running there is not yet to be found
  window_max = 4,
  steps = {
    { name = "create", build = build_create, read = read_create },
    { name = "check", after = "create", build = build_check, read = read_check },
  },
  find = find,
  update = update,
  append = append,
  follow = follow,
  status = status,
  statuses = statuses,
  webhook = {
    verify = {
      header = "x-usher-rt-signature",
      timestamp_header = "x-usher-rt-timestamp",
      timestamp_unit = "s",
      algorithm = "sha256",
      key = "raw",
      signed = "{ts}.{body}",
      encoding = "hex",
      prefix = "sha256=",
      tolerance_s = 300,
    },
    event_key = { "body:transaction" },
  },
}
