-- Zendesk Support. A ticket is made by one keyed POST: inside two hours the
-- same bytes with the same key give the same ticket; after that, and before
-- any doubt is repeated, it is looked up by external_id (the hand-over's id).
--
--   helpdesk "zd" {
--     adapter = "zendesk", subdomain = "acme", email = "bot@acme.test",
--     token = secret "ZENDESK_TOKEN",
--     fields = { order_number = 900001, conversation_id = 900002 },
--     skills = { spanish = "lang_es" }, -- else the tag is skill_spanish
--   }
--
-- The transcript is a private comment unless comment = "public".

local TICKETS = "/api/v2/tickets"

local priorities = { low = "low", normal = "normal", high = "high", urgent = "urgent" }
local statuses = {
  new = "open",
  open = "in_progress",
  pending = "waiting",
  hold = "waiting",
  solved = "resolved",
  closed = "closed",
}

-- --- where the ticket stands for people ---------------------------------------

local function site(cfg)
  if take.host(cfg.url) then
    return (cfg.url:gsub("/+$", ""))
  end
  return "https://" .. tostring(cfg.subdomain) .. ".zendesk.com"
end

local function page(cfg, id)
  return site(cfg) .. "/agent/tickets/" .. id
end

local function request(method, path, json)
  return { method = method, path = path, headers = { Accept = "application/json" }, json = json }
end

-- --- what a ticket is made of ---------------------------------------------------

-- Lower case, no spaces.
local function clean(labels)
  local tags, seen = {}, {}
  local function add(tag)
    local s = take.line(tag, 255)
    s = s and s:lower():gsub("%s+", "_"):gsub("[\"',;]", "")
    if s and s ~= "" and not seen[s] then
      seen[s] = true
      tags[#tags + 1] = s
    end
  end
  for _, label in ipairs(labels) do
    add(label)
  end
  return take.some(tags)
end

-- The origin tags are already among them. Skills are tags too: routing by skills
-- goes by what is on the ticket.
local function read_tags(t, cfg)
  return clean(ticket.labels(t, cfg))
end

local function custom_fields(t, cfg)
  local list = {}
  for name, id in pairs(take.map(cfg.fields) or {}) do
    local value = ticket.value(t, tostring(name))
    id = take.integer(id)
    if id and value ~= nil then
      list[#list + 1] = { id = id, value = value }
    end
  end
  return take.some(list)
end

-- Whoever has an address is found or made by it. Others are looked up by
-- external id or phone first (users/create_or_update), see requester_first.
local function requester(t, saved)
  if saved.requester_id then
    return nil, take.integer(saved.requester_id)
  end
  local c = take.map(t.customer) or {}
  local email = take.email(c.email)
  if email == nil then
    return nil, nil
  end
  return { name = take.line(c.name, 200) or email:match "^[^@]+", email = email }, nil
end

local function requester_first(t, cfg, saved)
  local c = take.map(t.customer) or {}
  return cfg.upsert_users ~= false
    and saved.requester_id == nil
    and saved.no_requester == nil
    and take.email(c.email) == nil
    and (take.id(c.external_id) ~= nil or take.line(c.phone, 64) ~= nil)
end

local function build_user(t)
  local c = t.customer
  local id, phone = take.id(c.external_id), take.line(c.phone, 64)
  return request("POST", "/api/v2/users/create_or_update", {
    user = {
      name = take.line(c.name, 200) or id or phone,
      external_id = id,
      phone = phone,
      role = "end-user",
      skip_verify_email = true,
    },
  })
end

-- --- a ticket that is there already ------------------------------------------

-- A list, because its answer has a shape of its own: whoever reads it after a
-- restart, when what was saved is forgotten, sees which request it was.
local function look_at(id)
  local r = request("GET", TICKETS .. "/show_many")
  r.query = { ids = id }
  return r
end

local number = take.digits

-- What a new ticket belongs with: a problem that many have, or a ticket that is
-- closed and goes on in this one. Any other is named in the brief alone.
local function link_first(t, saved)
  return saved.linked == nil and saved.follows == nil and number(t.link_to) or nil
end

local function linked_to(list)
  local one = take.map(list[1])
  if one == nil then
    return {}
  elseif one.type == "problem" then
    return { problem = take.id(one.id) }
  elseif one.status == "closed" then
    return { follows = take.id(one.id) }
  end
  return {}
end

local function assignee(t)
  local who = take.line(t.assignee, 254)
  return take.email(who), who and not take.email(who) and take.integer(who) or nil
end

-- Optional members that a refusal may name: the ticket is then made without.
local optional = {
  requester = { "requester", "requester_id" },
  requester_id = { "requester", "requester_id" },
  email = { "requester" },
  group = { "group_id" },
  group_id = { "group_id" },
  assignee = { "assignee_id", "assignee_email" },
  assignee_id = { "assignee_id", "assignee_email" },
  assignee_email = { "assignee_id", "assignee_email" },
  brand = { "brand_id" },
  brand_id = { "brand_id" },
  ticket_form = { "ticket_form_id" },
  ticket_form_id = { "ticket_form_id" },
  custom_fields = { "custom_fields" },
  fields = { "custom_fields" },
  tags = { "tags" },
  priority = { "priority" },
  type = { "type", "problem_id" },
  problem_id = { "type", "problem_id" },
  via_followup_source_id = { "via_followup_source_id" },
}

local function comment_body(t, saved)
  local body = t.text
  if saved.left_out then
    body = "<p>usher: made without " .. take.escape_html(saved.left_out) .. "</p>" .. body
  end
  return body
end

local function build_ticket(t, cfg, saved)
  local who, who_id = requester(t, saved)
  local mail, staff = assignee(t)
  local linked = take.map(saved.linked) or {}
  local made = {
    subject = ticket.subject(t, 600),
    comment = {
      html_body = comment_body(t, saved),
      public = cfg.comment == "public",
      uploads = saved.upload and { saved.upload } or nil,
    },
    requester = who,
    requester_id = who_id,
    priority = ticket.priority(t, cfg, priorities),
    type = linked.problem and "incident" or take.line(cfg.type, 20),
    problem_id = take.integer(linked.problem),
    via_followup_source_id = take.integer(saved.follows or linked.follows),
    group_id = take.integer(t.group_id),
    assignee_email = mail,
    assignee_id = staff,
    brand_id = take.integer(cfg.brand_id),
    ticket_form_id = take.integer(cfg.ticket_form_id),
    tags = read_tags(t, cfg),
    custom_fields = custom_fields(t, cfg),
    external_id = t.handoff_id,
  }
  for _, name in ipairs(saved.drop or {}) do
    made[name] = nil
  end
  local r = request("POST", TICKETS, { ticket = made })
  -- After a refusal nothing was made under the first key, and other bytes
  -- under it would be refused again.
  r.headers["Idempotency-Key"] = t.handoff_id .. (saved.drop and "-2" or "")
  return r
end

-- --- steps ------------------------------------------------------------------------

-- A long transcript goes up as a file before the ticket names it.
local function upload_first(t, saved)
  local file = take.map(t.attachments) and t.attachments[1]
  return type(file) == "table" and file.raw ~= nil and saved.upload == nil and saved.no_upload == nil and file or nil
end

local function build_upload(t, file)
  return {
    method = "POST",
    path = "/api/v2/uploads",
    query = { filename = t.handoff_id .. "-" .. file.name },
    headers = { Accept = "application/json" },
    bytes = file.raw,
    type = file.type,
  }
end

local function build(t, cfg, saved)
  local link, file = link_first(t, saved), upload_first(t, saved)
  if link then
    return look_at(link)
  elseif file then
    return build_upload(t, file)
  elseif requester_first(t, cfg, saved) then
    return build_user(t)
  end
  return build_ticket(t, cfg, saved)
end

local function with(saved, more)
  return again { saved = ticket.merged(saved, more) }
end

local function made(id, cfg)
  return done { id = id, display_id = id, url = page(cfg, id), saved = { id = id } }
end

local function details_of(json)
  local fields, words = {}, {}
  for name, list in pairs(take.map(take.at(json, "details")) or {}) do
    fields[#fields + 1] = name
    local why = take.line(take.at(take.map(list) and list[1], "description"), 120)
    words[#words + 1] = why and name .. " (" .. why .. ")" or name
  end
  return fields, take.line(table.concat(words, ", "), 300)
end

-- A refusal that names only what is optional is no reason to lose a customer.
local function refusal(response, saved)
  local fields, words = details_of(response.json)
  local drop = {}
  for _, name in ipairs(fields) do
    local members = optional[name] or (name:find "^custom_field" or name:find "^ticket_field") and { "custom_fields" }
    if not members then
      return refused(ticket.complaint(response) .. ": " .. words)
    end
    for _, member in ipairs(members) do
      drop[#drop + 1] = member
    end
  end
  if #drop == 0 or saved.drop then
    return refused(ticket.complaint(response) .. (words and ": " .. words or ""))
  end
  local more = { drop = drop, left_out = words }
  if take.has(drop, "requester") then
    more.no_requester = true
  end
  return with(saved, more)
end

local function is_key_mismatch(json)
  return take.at(json, "error") == "IdempotentRequestError"
    or take.at(json, "error.title") == "IdempotentRequestError"
end

local function read_made(response, saved, cfg)
  local json, status = response.json, response.status
  if ticket.fine(response) then
    local id = take.id(take.at(json, "ticket.id"))
    return id and made(id, cfg) or unknown "the answer names no ticket"
  elseif status == 409 or status == 423 then
    return retry()
  elseif status == 400 and is_key_mismatch(json) then
    return unknown "another request was sent under this key"
  elseif status == 422 then
    return refusal(response, saved)
  end
  return refused(ticket.complaint(response))
end

-- Which request was it? Each has an answer of its own shape; errors, and
-- answers without what they should hold, are told apart by what build would
-- have asked for. A ticket is worth more than its file and its requester: it is
-- made without them. (Was it the ticket's answer after all, since a restart
-- forgets what was saved, then its key takes no other bytes.)
local function read(response, t, cfg, saved)
  local json = response.json
  local token, user = take.line(take.at(json, "upload.token"), 200), take.id(take.at(json, "user.id"))
  local list = take.map(take.at(json, "tickets"))
  if list then
    return with(saved, { linked = linked_to(list) })
  elseif token and not take.at(json, "ticket") then
    return with(saved, { upload = token })
  elseif user and not take.at(json, "ticket") then
    return with(saved, { requester_id = user })
  elseif ticket.fine(response) and take.at(json, "ticket") ~= nil then
    return read_made(response, saved, cfg)
  elseif link_first(t, saved) then
    return with(saved, { linked = {} })
  elseif upload_first(t, saved) then
    return with(saved, { no_upload = true })
  elseif requester_first(t, cfg, saved) then
    return with(saved, { no_requester = true })
  end
  return read_made(response, saved, cfg)
end

-- --- look-up -------------------------------------------------------------------------

local find = {
  build = function(t)
    local r = request("GET", TICKETS)
    r.query = { external_id = t.handoff_id }
    return r
  end,

  read = function(response, t, cfg)
    local list = take.map(take.at(response.json, "tickets"))
    if not ticket.fine(response) or list == nil then
      return unknown(ticket.complaint(response))
    end
    local ids = {}
    for _, one in ipairs(list) do
      -- A filter that was ignored would give us somebody else's ticket.
      if type(one) == "table" and one.external_id == t.handoff_id then
        ids[#ids + 1] = take.id(one.id)
      end
    end
    if #ids == 0 then
      return missing()
    end
    ticket.sort_ids(ids)
    return found { ids = ids, display_id = ids[1], url = page(cfg, ids[1]), saved = { id = ids[1] } }
  end,
}

-- --- a hand-over that goes on in a ticket there is ---------------------------------

-- First the ticket is looked at: a solved one is opened again, its priority only
-- ever rises, its tags stay. A closed one takes nothing more: then a follow-up
-- is made, and so it is when the comment is refused; a ticket that is not there
-- any more gets a new one.
local levels = { low = 1, normal = 2, high = 3, urgent = 4 }
local to_open = { solved = "open", pending = "open", hold = "open" }

local function seen_in(list, id)
  local one = take.map(list[1])
  if one == nil then
    return { make = true }
  elseif take.id(one.id) ~= id then
    return {} -- of the ticket it belongs with, before a restart: look again
  elseif one.status == "closed" then
    return { make = true, follows = take.id(one.id) }
  end
  local tags = {}
  for _, tag in ipairs(take.map(one.tags) or {}) do
    tags[#tags + 1] = take.line(tag, 255)
  end
  return { seen = { status = take.line(one.status, 20), priority = take.line(one.priority, 20), tags = tags } }
end

local function raised(t, cfg, seen)
  local wanted = ticket.priority(t, cfg, priorities)
  return (levels[wanted] or 0) > (levels[seen.priority] or 0) and wanted or nil
end

-- A list of tags takes the place of the one before.
local function tags_with(t, cfg, seen)
  local tags, more = {}, false
  for _, tag in ipairs(seen.tags) do
    tags[#tags + 1] = tag
  end
  for _, tag in ipairs(read_tags(t, cfg) or {}) do
    if not take.has(tags, tag) then
      tags[#tags + 1], more = tag, true
    end
  end
  return more and tags or nil
end

local function marked(body, key)
  return body .. "<p>(" .. take.escape_html(ticket.mark(key)) .. ")</p>"
end

local function build_comment(t, cfg, saved)
  return request("PUT", TICKETS .. "/" .. url.encode(number(t.append_to)), {
    ticket = {
      comment = {
        html_body = marked(t.text, t.handoff_id),
        public = false,
        uploads = saved.upload and { saved.upload } or nil,
      },
      status = to_open[saved.seen.status],
      priority = raised(t, cfg, saved.seen),
      tags = tags_with(t, cfg, saved.seen),
    },
  })
end

local function read_comment(response, t, cfg, saved)
  local token = take.line(take.at(response.json, "upload.token"), 200)
  local id = take.id(take.at(response.json, "ticket.id"))
  if token and not id then
    return with(saved, { upload = token })
  elseif ticket.fine(response) and id then
    return made(id, cfg)
  elseif response.status == 409 or response.status == 423 then
    return retry()
  elseif saved.seen == nil and response.status ~= 422 then
    return with(saved, { make = true }) -- it could not be looked at
  elseif saved.seen and upload_first(t, saved) then
    return with(saved, { no_upload = true })
  elseif ticket.fine(response) then
    return unknown "the answer names no ticket"
  end
  return with(saved, { make = true, follows = response.status == 422 and number(t.append_to) or nil })
end

local append = {
  build = function(t, cfg, saved)
    local file = upload_first(t, saved)
    if saved.make or not number(t.append_to) then
      return build(t, cfg, saved)
    elseif saved.seen == nil then
      return look_at(number(t.append_to))
    elseif file then
      return build_upload(t, file)
    end
    return build_comment(t, cfg, saved)
  end,

  read = function(response, t, cfg, saved)
    local list = take.map(take.at(response.json, "tickets"))
    if saved.make or not number(t.append_to) then
      return read(response, t, cfg, saved)
    elseif list then
      return with(saved, seen_in(list, number(t.append_to)))
    end
    return read_comment(response, t, cfg, saved)
  end,
}

-- Comments have no key: our mark in one of the newest proves it.
local function find_comment(response, key, id, cfg)
  local list = take.map(take.at(response.json, "comments"))
  if not ticket.fine(response) or list == nil then
    return unknown(ticket.complaint(response))
  end
  local mark = ticket.mark(key)
  for _, one in ipairs(list) do
    local body = take.map(one) and (take.text(one.html_body) or take.text(one.body)) or ""
    if body:find(mark, 1, true) then
      return found { ids = { id }, display_id = id, url = page(cfg, id), saved = { id = id } }
    end
  end
  return missing()
end

local function comments_of(path)
  local r = request("GET", path .. "/comments")
  r.query = { sort_order = "desc" }
  return r
end

append.find = {
  build = function(t)
    return comments_of(TICKETS .. "/" .. url.encode(number(t.append_to) or "0"))
  end,

  read = function(response, t, cfg)
    if response.status == 404 or not number(t.append_to) then
      return missing()
    end
    return find_comment(response, t.handoff_id, number(t.append_to), cfg)
  end,
}

-- --- later: append to the ticket --------------------------------------------------

local function ticket_path(t, saved)
  return TICKETS .. "/" .. url.encode(take.id(saved.id) or take.id(t.ticket_id))
end

-- A ticket that was closed meanwhile takes no comment: what was said goes into
-- a follow-up, and so does what comes after it.
local function build_followup(t, saved)
  local r = request("POST", TICKETS, {
    ticket = {
      via_followup_source_id = take.integer(saved.follows),
      comment = { html_body = marked(t.update.text_mark, t.update.key), public = t.update.public == true },
      group_id = take.integer(t.update.group_id),
    },
  })
  r.headers["Idempotency-Key"] = t.update.key
  return r
end

-- Tags that come to those it has are a request of their own, in front: it may be
-- made twice. A ticket that takes none (closed) is not kept from its comment.
local function tags_first(t, saved)
  return not saved.tagged and not saved.follows and clean(ticket.added(t)) or nil
end

local function is_tagged(response)
  return take.map(take.at(response.json, "tags")) or not ticket.fine(response) and response.status ~= 409
end

-- What the customer writes opens a solved one again: our comment is internal,
-- and an internal one does not.
local update = {
  build = function(t, _, saved)
    local tags = tags_first(t, saved)
    if tags then
      return request("PUT", ticket_path(t, saved) .. "/tags", { tags = tags })
    elseif saved.follows then
      return build_followup(t, saved)
    end
    return request("PUT", ticket_path(t, saved), {
      ticket = {
        comment = { html_body = marked(t.update.text_mark, t.update.key), public = t.update.public == true },
        status = t.update.reopen and "open" or nil,
        group_id = take.integer(t.update.group_id),
      },
    })
  end,

  read = function(response, t, cfg, saved)
    local id = take.id(take.at(response.json, "ticket.id"))
    local old = number(saved.id) or number(t.ticket_id)
    if tags_first(t, saved) and not id and is_tagged(response) then
      return with(saved, { tagged = true })
    elseif ticket.fine(response) then
      return id and made(id, cfg) or unknown "the answer names no ticket"
    elseif response.status == 409 then
      return retry()
    elseif response.status == 422 and old and not saved.follows and take.at(response.json, "details.status") then
      return with(saved, { follows = old })
    end
    return refused(ticket.complaint(response))
  end,

  find = {
    build = function(t, _, saved)
      return comments_of(ticket_path(t, saved))
    end,

    read = function(response, t, cfg, saved)
      return find_comment(response, t.update.key, take.id(saved.id) or take.id(t.ticket_id), cfg)
    end,
  },
}

-- --- what became of them -------------------------------------------------------------

-- Their own measure of the first public reply, in whole minutes, counted from
-- when the ticket was made.
local function first_reply(one, metrics)
  local minutes = take.integer(take.at(metrics[take.id(one.id) or ""], "reply_time_in_minutes.calendar"))
  local made_at = take.ms(one.created_at)
  return minutes and made_at and made_at + minutes * 60000 or nil
end

local function became(one, metrics, cfg)
  local native = take.line(one.status, 40)
  return {
    id = take.id(one.id),
    status = native == "deleted" and "closed" or ticket.status(native, cfg, statuses),
    native_status = native,
    group_id = take.id(one.group_id),
    assignee = take.id(one.assignee_id) or false,
    at_ms = take.ms(one.updated_at),
    human_at_ms = first_reply(one, metrics),
    gone = native == "deleted" or nil,
  }
end

local follow = {
  batch = 100,

  build = function(ids)
    local r = request("GET", TICKETS .. "/show_many")
    r.query = { ids = table.concat(ids, ","), include = "metric_sets" }
    return r
  end,

  read = function(response, _, cfg)
    local list = take.map(take.at(response.json, "tickets"))
    if not ticket.fine(response) or list == nil then
      return refused(ticket.complaint(response))
    end
    local metrics, tickets = {}, {}
    for _, one in ipairs(take.map(take.at(response.json, "metric_sets")) or {}) do
      local id = take.id(take.at(one, "ticket_id"))
      if id then
        metrics[id] = one
      end
    end
    for _, one in ipairs(list) do
      if take.map(one) and take.id(one.id) then
        tickets[#tickets + 1] = became(one, metrics, cfg)
      end
    end
    return done { tickets = tickets }
  end,
}

-- --- its webhooks --------------------------------------------------------------------

-- Event subscriptions and the body that admins paste into a trigger.
local function status(event, headers, cfg)
  local detail = take.map(event.detail)
  local from = detail or event
  local native = take.text(take.at(event, "event.current"))
  if not (detail and event.type == "zen:event-type:ticket.status_changed" and native) then
    native = take.text(from.status)
  end
  local id = take.id(detail and detail.id or event.ticket_id)
  local ours = ticket.status(native, cfg, statuses)
  if id == nil or ours == nil then
    return nil
  end
  return {
    id = id,
    handoff_id = take.id(from.external_id),
    status = ours,
    native_status = native:lower(),
    priority = take.text(from.priority) and priorities[take.text(from.priority):lower()] or nil,
    at_ms = take.ms(event.time) or take.ms(from.updated_at),
    event_id = take.id(event.id) or take.id(headers["x-zendesk-webhook-invocation-id"]),
  }
end

return helpdesk {
  name = "zendesk",
  needs = {
    subdomain = "string?",
    url = "string?",
    email = "string?",
    token = "secret?",
    access_token = "secret?",
    comment = "string?",
    upsert_users = "boolean?",
    fields = "table?",
    skills = "table?",
    priorities = "table?",
    statuses = "table?",
    type = "string?",
    brand_id = "any?",
    ticket_form_id = "any?",
  },
  base = "https://{subdomain}.zendesk.com",
  auth = first_of { basic("{email}/token", "{token}"), bearer "{access_token}" },
  carries = { format = "html", subject_max = 150, body_max = 64000, attachments = true },
  unique = "handle",
  idempotency_s = 7200,
  lag_s = 5,
  steps = { { name = "create", build = build, read = read } },
  find = find,
  update = update,
  append = append,
  follow = follow,
  closed_for_good = true,
  status = status,
  statuses = statuses,
  webhook = {
    verify = {
      header = "x-zendesk-webhook-signature",
      timestamp_header = "x-zendesk-webhook-signature-timestamp",
      timestamp_unit = "iso",
      algorithm = "sha256",
      key = "raw",
      signed = "{ts}{body}",
      encoding = "base64",
      tolerance_s = 300,
    },
    event_key = { "body:id", "header:x-zendesk-webhook-invocation-id" },
  },
}
