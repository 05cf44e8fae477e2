local t = ...
local desk = t.adapter "adapters/helpdesks/desk.lua"

t.test("is built in: the engine keeps the ticket, no request is made", function()
  local d = t.host.check_plain(desk.describe())
  t.has(d, { kind = "helpdesk", builtin = true, unique = "handle", carries = { format = "text", attachments = true } })
  t.has(d.steps, { { name = "create" } })
  t.ok(not (d.has_find or d.has_update or d.has_update_find or d.has_status))
end)
