-- P4: frustration.
local function moods(...)
  local t = {}
  for i, score in ipairs { ... } do
    t[#t + 1] = customer { "message number " .. ({ "one", "two", "three", "four", "five" })[i], sentiment = score }
    t[#t + 1] = ai "I see."
  end
  t[#t] = nil
  return conversation(t)
end
local function said(text, score) return conversation { customer { text, sentiment = score } } end
local calm = { action = "wait" }

cases "P4 frustration" {
  { "one insult, then \"sorry, found it, thanks\"", conversation { customer { "you idiots", sentiment = -0.8 }, ai "Oh?", customer { "sorry, found it, thanks", sentiment = 0.5 } }, { action = "keep" } },
  { "0.3, 0.0, -0.25, -0.5: by its fall", moods(0.3, 0.0, -0.25, -0.5), { action = "escalate", reason = "frustration", priority = "high", because = "falling" } },
  { "0.3, 0.0, -0.25, -0.3: a fall of 0.6 is enough", moods(0.3, 0.0, -0.25, -0.3), { action = "escalate", because = "falling" } },
  { "-0.2, -0.3, -0.45, -0.82: by points", moods(-0.2, -0.3, -0.45, -0.82), { action = "escalate", reason = "frustration", because = "frustrated(4)" } },
  { "-0.2, -0.3, -0.45, -0.59: three points", moods(-0.2, -0.3, -0.45, -0.59), { action = "offer" } },
  { "\"HELLO\" has five letters", said "HELLO", calm },
  { "a product named BAD DOG TREATS XXL", said "Do you have BAD DOG TREATS XXL", calm },
  { "\"THIS IS RIDICULOUS FIX IT NOW\" and -0.7: an offer", said("THIS IS RIDICULOUS FIX IT NOW", -0.7), { action = "offer", rule = "offer a person to somebody annoyed" } },
  { "swearing in a code block", conversation { customer { "the log says\n```\nfuck: stupid idiots\nshit\n```", sentiment = -0.3 }, ai "hm", customer { "```\nfuck\n```", sentiment = -0.3 } }, calm },
  { "swearing and leaving, twice very negative", conversation { customer { "what a shitty service", sentiment = -0.7 }, ai "Sorry.", customer { "never again!!!", sentiment = -0.7 } }, { action = "escalate", reason = "frustration" } },
  { "leaving and marks: two and a half points", said "I cancel everything!!!", { action = "offer" } },
  { "the same at -0.3: three and a half", said("I cancel everything!!!", -0.3), { action = "offer" } },
  { "leaving alone: two points", said "I cancel everything", calm },
  { "the offer is made once", conversation { customer "I cancel everything!!!", rule_state = { offered = { ["offer a person to somebody annoyed"] = 1 } } }, calm },
  { "older than three turns does not count", conversation { customer { "you idiots", sentiment = -0.8 }, ai "a", customer "one thing", ai "b", customer "another thing", ai "c", customer { "a third thing", sentiment = -0.3 } }, calm },
  { "one bad turn is no fall", moods(0.3, 0.0, -0.25, -0.2), calm },
}
