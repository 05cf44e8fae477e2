-- tries: effects made by functions that return endless text, tables in a circle and functions | must: be refused as a result | expect: bad_result
local ring = {}
ring.ring = ring
rule "shouts" {
  when = function() return true end,
  escalate = {
    reason = "other", next_step = function() return ("!"):rep(200000) end, fields = { a = function() return ring end },
    subject = function() return function() end end, summary = function(c) return c end,
  },
}
