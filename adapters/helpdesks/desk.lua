-- The desk that usher keeps itself: no helpdesk, no request. For a first
-- start, for tests, and for those who read tickets over the API.
return helpdesk {
  name = "desk",
  needs = {},
  builtin = true,
  carries = { format = "text", attachments = true },
  unique = "handle", -- the ticket is the hand-over
  steps = { { name = "create" } },
  statuses = {
    open = "open",
    in_progress = "in_progress",
    waiting = "waiting",
    resolved = "resolved",
    closed = "closed",
  },
}
