-- Tells a team by HTTP: a signed event for programs, or the text that Slack,
-- Mattermost and their like take at an incoming-webhook URL.
--
--   notifier "ops" { adapter = "webhook", url = "https://hooks.example/usher", secret = secret "OPS_SECRET" }
--   notifier "slack" { adapter = "webhook", url = "https://hooks.slack.example/T0/B0/x", format = "slack" }

local function member(notice, name)
  return take.text(notice[name])
end

-- What happened: a hand-over, unless the notice says otherwise.
local types = { ["ticket.unassigned"] = "usher.ticket.unassigned" }
local headlines = { ["ticket.unassigned"] = "Not taken" }

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
  add("*" .. (notice.priority == "urgent" and "URGENT " or "") .. (headlines[notice.type] or "Handed over") .. "*: ", take.line(notice.subject, 200))
  add("Ticket: ", shown and (url and shown .. " " .. url or shown))
  add("Why: ", take.line(notice.reason))
  add("Group: ", take.line(notice.group))
  add("Next: ", take.line(notice.next_step))
  add("", member(notice, "brief"), 2500)
  return table.concat(lines, "\n")
end

local function event(notice)
  local c = take.map(notice.customer) or {}
  return {
    type = types[notice.type] or "usher.handoff.created",
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
