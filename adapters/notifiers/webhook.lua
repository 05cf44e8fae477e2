-- Tells a team by HTTP: a signed event for programs, or the text that Slack,
-- Mattermost and their like take at an incoming-webhook URL. A notice without a
-- type is a hand-over; what else a team is told has one, and details of its own.
--
--   notifier "ops" { adapter = "webhook", url = "https://hooks.example/usher", secret = secret "OPS_SECRET" }
--   notifier "slack" { adapter = "webhook", url = "https://hooks.slack.example/T0/B0/x", format = "slack" }

local function member(notice, name)
  return take.text(notice[name])
end

-- What some of them are called in a chat.
local headlines = { ["usher.ticket.unassigned"] = "Not taken" }

-- Their three characters; a customer's text can then neither link nor ping.
local function escape_slack(s)
  return (s:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

local function slack_text(notice)
  local lines = {}
  local function add(front, s, max)
    if s then
      lines[#lines + 1] = front .. escape_slack((take.clip(s, max or 300)))
    end
  end
  local url = take.host(notice.ticket_url) and notice.ticket_url or nil
  local shown = member(notice, "ticket_id") or member(notice, "handoff_id")
  local urgent = notice.priority == "urgent" and "URGENT " or ""
  local headline = headlines[notice.type] or notice.type and "Notice" or "Handed over"
  add("*" .. urgent .. headline .. "*: ", take.line(notice.subject, 200))
  add("Ticket: ", shown and (url and shown .. " " .. url or shown))
  add("Why: ", take.line(notice.reason))
  add("Group: ", take.line(notice.group))
  add("Next: ", take.line(notice.next_step))
  add("", member(notice, "brief"), 2500)
  return table.concat(lines, "\n")
end

-- The details, and over them what every notice has.
local function announced(notice)
  local data = {}
  for name, value in pairs(take.map(notice.details) or {}) do
    data[name] = value
  end
  for _, name in ipairs { "subject", "reason", "priority", "group", "next_step", "brief", "handoff_id", "conversation_id" } do
    data[name] = notice[name]
  end
  data.ticket = take.some { id = member(notice, "ticket_id"), url = member(notice, "ticket_url") }
  data.idempotency_key = notice.key
  return { type = notice.type, data = data }
end

local function event(notice)
  if notice.type then
    return announced(notice)
  end
  local c = take.map(notice.customer) or {}
  return {
    type = "usher.handoff.created",
    data = {
      handoff_id = notice.handoff_id,
      conversation_id = notice.conversation_id,
      ticket = take.some { id = member(notice, "ticket_id"), url = member(notice, "ticket_url") },
      subject = notice.subject,
      reason = notice.reason,
      priority = notice.priority,
      group = notice.group,
      next_step = notice.next_step,
      brief = notice.brief,
      customer = take.some { name = c.name, tier = c.tier, locale = c.locale },
      idempotency_key = notice.key,
    },
  }
end

return notifier {
  name = "webhook",
  needs = { url = "string", secret = "secret?", format = "string?" },
  base = "{url}",
  auth = first_of { standard_webhooks "{secret}", unsigned() },
  send = function(notice, cfg)
    local json = cfg.format == "slack" and { text = slack_text(notice) } or event(notice)
    return { method = "POST", url = cfg.url, json = json }
  end,
}
