-- How many hand-overs a team takes: so many an hour, or no more than a share of
-- the conversations. Beyond it the customer is offered a human later, or waits,
-- and is never dropped. The engine keeps what is left; a rule that is refused
-- is asked again with facts.budget, and degrades.

local core = rule_language
local budgets, shares = {}, false

local keys = { groups = true, rate = true, burst = true, share = true, sessions = true, within = true, exempt = true, exempt_tiers = true,
  otherwise = true, wait = true, message = true, help = true }

-- What no budget holds back.
local never = { "safety", "self_harm", "legal", "security", "takeover", "customer_request", "error" }

local function rate_of(place, value)
  local n, unit = tostring(value):match("^(%d+)/([mhd])$")
  if not n or tonumber(n) == 0 then core.fail(place, "rate is written \"30/h\", \"2/m\" or \"200/d\", not '" .. tostring(value) .. "'") end
  return tonumber(n) * ({ m = 60, h = 1, d = 1 / 24 })[unit]
end

local function percent_of(place, value)
  local n = tonumber(tostring(value):match("^(%d+%.?%d*)%%$"))
  if not n or n <= 0 or n >= 100 then core.fail(place, "share is written \"35%\", not '" .. tostring(value) .. "'") end
  return n
end

local function set(list)
  local s = {}
  for _, name in ipairs(list or {}) do s[name] = true end
  return s
end

local function otherwise_of(place, t)
  local what = t.otherwise or "offer"
  if what ~= "offer" and what ~= "wait" then core.fail(place, "otherwise is \"offer\" or \"wait\", not '" .. tostring(what) .. "'") end
  if what == "wait" and not t.wait then core.fail(place, "otherwise = \"wait\" needs wait = \"30m\"") end
  return what
end

-- What is asked of the engine, and how it is told to people.
local function tokens_of(place, name, t)
  for _, key in ipairs { "sessions", "within", "help" } do
    if t[key] ~= nil then core.fail(place, key .. " goes with share, not with rate") end
  end
  if math.type(t.burst) ~= "integer" or t.burst < 1 then core.fail(place, "burst is how many at once, from 1 on") end
  return { name = name, per_hour = rate_of(place, t.rate), burst = t.burst }, t.rate .. ", " .. t.burst .. " at once"
end

local function share_of(place, name, t)
  if t.rate ~= nil or t.burst ~= nil then core.fail(place, "a budget has a rate with a burst, or a share, not both: declare two") end
  local within, sessions = t.within or "2h", t.sessions or 50
  local within_s = core.duration(place, within)
  if within_s < 60 or within_s > 86400 then core.fail(place, "within is \"1m\" to \"24h\", not '" .. within .. "'") end
  core.whole(place, "sessions", sessions, 1)
  shares = true
  return { name = name, percent = percent_of(place, t.share), sessions = sessions, within_s = within_s, groups = t.groups },
    t.share .. " of the conversations of " .. within .. ", from " .. sessions .. " on"
end

-- One text, or one for each language.
local function help_of(place, help)
  if type(help) == "table" then
    for language, words in pairs(help) do
      if type(language) ~= "string" or type(words) ~= "string" then core.fail(place, "help = { en = \"...\", de = \"...\" }") end
    end
    if next(help) == nil then core.fail(place, "help = {} says nothing") end
  elseif help ~= nil and type(help) ~= "string" then
    core.fail(place, "help is what customers are told instead of an offer: a text, or one for each language")
  end
  return help
end

budget = core.declare("budget", function(place, name, t)
  core.strict(place, "budget \"" .. name .. "\"", t, keys)
  for _, group in ipairs(t.groups or {}) do core.check_group(place, group) end
  local asks, told = (t.share ~= nil and share_of or tokens_of)(place, name, t)
  budgets[#budgets + 1] = {
    name = name, where = place, groups = t.groups and set(t.groups), asks = asks, told = told, is_share = t.share ~= nil,
    exempt = set(t.exempt or never), tiers = set(t.exempt_tiers), otherwise = otherwise_of(place, t),
    wait_s = t.wait and core.duration(place, t.wait), message = t.message, help = help_of(place, t.help),
  }
end)

local function covers(b, d, c)
  local tier = c.customer and c.customer.tier
  return not b.exempt[d.reason] and not (tier and b.tiers[tier]) and (not b.groups or b.groups[d.group] == true)
end

local busy = {
  en = "Our team is very busy at the moment. I can go on helping you here; shall I put you in the queue for a colleague?",
  de = "Unser Team ist gerade sehr beschäftigt. Ich helfe Ihnen hier gern weiter; soll ich Sie für eine Kollegin oder einen Kollegen vormerken?",
  fr = "Notre équipe est très sollicitée en ce moment. Je peux continuer à vous aider ici ; voulez-vous que je vous inscrive pour un collègue ?",
  es = "Nuestro equipo está muy ocupado ahora mismo. Puedo seguir ayudándole aquí; ¿le pongo en la cola para un compañero?",
  it = "Il nostro team è molto impegnato in questo momento. Posso continuare ad aiutarla qui; la metto in coda per un collega?",
  pt = "A nossa equipa está muito ocupada neste momento. Posso continuar a ajudar aqui; quer que o ponha na fila para um colega?",
  nl = "Ons team is op dit moment erg druk. Ik help u hier graag verder; zal ik u op de lijst voor een collega zetten?",
  pl = "Nasz zespół jest teraz bardzo zajęty. Mogę dalej pomagać tutaj; czy wpisać Państwa do kolejki do konsultanta?",
}

local function hold_back(b, d, facts)
  d.evidence = d.evidence or {}
  d.evidence[#d.evidence + 1] = { signal = "budget \"" .. b.name .. "\"", value = facts.budget.level, threshold = b.told }
  d.budget = { name = b.name, exceeded = true, level = facts.budget.level }
end

local function degrade(b, d, c, facts)
  d.action = b.otherwise
  hold_back(b, d, facts)
  if b.otherwise == "wait" then
    d.timing, d.wait_s = "wait", b.wait_s
  else
    d.message = b.message and core.fill(b.message, c) or core.in_language(busy, c)
  end
end

-- d is an escalation, whole: which bucket it takes from and which share it is
-- held against (the first of each that covers it), or what it becomes.
function core.spend(d, c, facts)
  local refused, tokens, share = facts.budget and facts.budget.name, nil, nil
  for _, b in ipairs(budgets) do
    if covers(b, d, c) then
      if b.name == refused then return degrade(b, d, c, facts) end
      if b.is_share then share = share or b else tokens = tokens or b end
    end
  end
  if not tokens and not share then return end
  d.budget = { share = share and share.asks }
  for key, value in pairs(tokens and tokens.asks or {}) do d.budget[key] = value end
end

-- d is the offer of a hand-over: while a share that says where help is (`help`) is
-- exceeded, that is what the customer is told; nobody is asked to queue.
function core.spare(d, c, facts)
  for _, b in ipairs(budgets) do
    if b.help and covers(b, d, c) then
      if not facts.budget then
        d.budget = { share = b.asks }
      elseif facts.budget.name == b.name then
        hold_back(b, d, facts)
        d.action, d.message = "inform", core.fill(type(b.help) == "table" and core.in_language(b.help, c) or b.help, c)
      end
      return
    end
  end
end

-- Sessions are counted only for a policy that has a share of them.
local describe = core.entry.describe
function core.entry.describe()
  local description = describe()
  if shares then
    description.asks = description.asks or {}
    description.asks.sessions = true
  end
  return description
end
