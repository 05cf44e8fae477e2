-- Who is there at all: the language the customer writes in, machines that
-- answer by themselves, and openings without a word.

local core = rule_language
local new = core.new_condition

-- --- speaks -------------------------------------------------------------------

local VOTES = 3      -- newest messages that vote
local SURE = 0.6     -- of the conversation's own language

local function base(tag) return (tag:match("^%a+") or tag):lower() end

-- What the customer writes in: the newest three messages of at least two words
-- that the source knows the language of; when they disagree evenly, the newest.
-- Without one, what is known of the conversation, when it is sure, else of the
-- customer. Returns it and the message that decided.
local function spoken(m)
  local said, votes, first = m.customer(), {}, nil
  local left = VOTES
  for i = #said.list, 1, -1 do
    local message = said.list[i]
    local from, to = text.span(said.tokens, i)
    if message.language and to - from >= 1 then
      local tag = base(message.language)
      first = first or message
      votes[tag] = (votes[tag] or 0) + 1
      if votes[tag] * 2 > VOTES then return message.language, (base(first.language) == tag and first or message).seq end
      left = left - 1
      if left == 0 then break end
    end
  end
  if first then
    local best = base(first.language)
    for tag, count in pairs(votes) do
      if count > votes[best] then best = tag end
    end
    return best == base(first.language) and first.language or best, first.seq
  end
  local c = m.c
  if c.language and (c.language_confidence or 1) >= SURE then return c.language end
  return c.customer and c.customer.locale or c.language
end

core.spoken = spoken

-- Languages, in every country ("es") or in one ("pt-BR"), as a set.
function core.language_set(place, what, names)
  local set = {}
  for _, tag in ipairs(names) do
    if type(tag) ~= "string" or not tag:match("^%a%a%a?$") and not tag:match("^%a%a%a?%-[%w-]+$") then
      core.fail(place, what .. " \"es\" or \"pt-BR\" expected, not '" .. tostring(tag) .. "'")
    end
    set[tag:lower()] = true
  end
  return set
end

function core.in_languages(set, tag)
  return set[tag:lower()] == true or set[base(tag)] == true
end

-- speaks "es", speaks { "pt-BR", "it" }
function speaks(tags)
  local place = core.place(2)
  local names = core.strings(place, "speaks", tags)
  local set = core.language_set(place, "speaks", names)
  return new {
    expr = "speaks " .. core.shown(tags), op = "one of", threshold = table.concat(names, ", "),
    check = function(m)
      local tag, seq = spoken(m)
      if not tag then return false, nil, true end
      return core.in_languages(set, tag), tag, nil, nil, seq
    end,
  }
end
core.words.speaks = speaks

-- --- automatic -----------------------------------------------------------------

-- What mail says of itself, as a source may pass it on in attributes: names
-- with - or _, in any case.
local headers = {
  auto_submitted = function(v) return v ~= "no" end,
  precedence = function(v) return v == "bulk" or v == "junk" or v == "list" or v == "auto_reply" end,
  x_auto_response_suppress = function(v) return v ~= "none" end,
  x_autoreply = function(v) return v ~= "no" end,
  x_autorespond = function(v) return v ~= "no" end,
  spam = function(v) return v == "true" or v == "yes" end,
}

local function told_by_header(attributes)
  for name, value in pairs(attributes or {}) do
    local says = headers[name:lower():gsub("-", "_")]
    if says and says(text.trim(tostring(value)):lower()) then return name .. ": " .. tostring(value) end
  end
end

-- A subject that begins as auto-replies do, and is not a question.
local function told_by_subject(attributes, phrases)
  local subject = attributes and attributes.subject
  if type(subject) ~= "string" or subject:find("?", 1, true) then return nil end
  local t = text.tokens { subject }
  if text.count(t) > 0 and text.is(t, 1, phrases) then return "subject: " .. subject end
end

-- automatic(): the newest message under the customer's name is a machine's.
function automatic()
  local phrases = core.lexicon("automatic").subject
  return new {
    quick = core.may(
      { "sign", "customer", "machine" }, { "has_name", headers, "c", "attributes" }, core.present("c", "attributes", "subject")),
    expr = "automatic()",
    check = function(m)
      local c = m.c
      for i = #c.messages, 1, -1 do
        local message = c.messages[i]
        if message.role == "customer" then
          if message.auto then return true, "marked as automatic", nil, nil, message.seq end
          break
        end
      end
      local why = told_by_header(c.attributes) or told_by_subject(c.attributes, phrases)
      return why ~= nil, why
    end,
  }
end
core.words.automatic = automatic

-- empty_opening(): all the customer sent in this episode is empty or pictures
-- of the keyboard: no word and no attachment.
function empty_opening()
  return new {
    quick = core.may { "sign", "customer", "wordless" },
    expr = "empty_opening()",
    check = function(m)
      local said = m.customer()
      if #said.list == 0 or text.count(said.tokens) > 0 then return false end
      for _, message in ipairs(said.list) do
        if (message.attachments or 0) > 0 then return false end
      end
      return true, nil, nil, nil, said.list[1].seq
    end,
  }
end
core.words.empty_opening = empty_opening
