-- Tells a team by e-mail. The engine knows how mail is sent; here is only what
-- it says.
--
--   notifier "team" {
--     adapter = "mail", to = "support@shop.example",
--     server = "smtps://mail.shop.example", user = "usher", password = secret "MAIL_PASSWORD",
--   }

local function subject(notice, cfg)
  local front = take.line(cfg.subject, 60) or "[usher]"
  local urgency = (notice.priority == "urgent" or notice.priority == "high") and notice.priority:upper() .. " " or ""
  return take.line(front .. " " .. urgency .. (take.line(notice.subject, 150) or take.line(notice.type) or "Conversation handed over"), 250)
end

local function body(notice)
  local lines = {}
  local function add(front, value)
    local s = take.line(value, 500)
    if s then
      lines[#lines + 1] = front .. s
    end
  end
  add("Ticket:    ", notice.ticket_id)
  add("Link:      ", take.host(notice.ticket_url) and notice.ticket_url)
  add("Priority:  ", notice.priority)
  add("Group:     ", notice.group)
  add("Why:       ", notice.reason)
  add("Next step: ", notice.next_step)
  add("Reference: ", notice.handoff_id)
  local brief = take.text(notice.brief)
  if brief then
    lines[#lines + 1] = ""
    lines[#lines + 1] = (take.clip(brief, 20000))
  end
  return table.concat(lines, "\n") .. "\n"
end

return notifier {
  name = "mail",
  needs = {
    to = "string",
    from = "string?",
    subject = "string?",
    server = "string?",
    user = "string?",
    password = "secret?",
  },
  send = function(notice, cfg)
    return mail { to = take.line(cfg.to, 500), subject = subject(notice, cfg), text = body(notice) }
  end,
}
