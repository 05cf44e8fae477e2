-- tries: a condition that is no condition but counts, remembers and lies | must: leave nothing behind for the next decision | expect: ok for the neighbour
local calls = 0
rule "remembers" {
  when = { test = function(_, m)
    calls = calls + 1
    m.remembered = true
    return calls > 1
  end, explain = function() return {} end, evidence = function() end },
  keep = true,
}
