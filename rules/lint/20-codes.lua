-- Every finding has a code that stays what it is, and a page: what it means,
-- whom it hurts, and what to write instead. `usher check --explain CODE`.

local lint = rule_language.lint
local codes, order = {}, {}
lint.codes, lint.code_order = codes, order

local function page(code)
  return function(t)
    codes[code] = t
    t.code = code
    order[#order + 1] = code
  end
end

-- --- U00: the files themselves --------------------------------------------------

page "U0001" { severity = "error", title = "the policy does not load",
  what = "A file of the policy has a syntax error, an unknown word or key, or declares something that cannot be.",
  why = "Nothing is decided by a policy that does not load: the engine refuses to start with it, and a running engine keeps the old one.",
  fix = "The message names the file, the line and, where a name is wrong, the nearest right one.",
  before = [[rule "refund" { wen = says "refund", keep = true }]],
  after = [[rule "refund" { when = says "refund", keep = true }]] }

page "U0002" { severity = "error", title = "the tests do not load",
  what = "A *_test.lua file beside the rules has an error; the rules themselves load.",
  why = "Tests that do not run protect nobody: the next change of a rule goes live unseen.",
  fix = "Mend the line that is named; `usher test` shows the same message.",
  before = [[test "a refund" { given = converstion { customer "refund" }, expect = { reason = "refund" } }]],
  after = [[test "a refund" { given = conversation { customer "refund" }, expect = { reason = "refund" } }]] }

page "U0003" { severity = "warning", title = "an allowance that hides nothing",
  what = "A comment `-- usher: allow CODE because ...` stands where no such finding is.",
  why = "It would hide the next real finding of that code at this place, and tells the reader of a problem that is gone.",
  fix = "Delete the comment, or move it right above the declaration or condition it is about.",
  before = "-- usher: allow U0303 because legal owns this file\nrule \"refund\" { owner = \"billing-ops\", ... }",
  after = [[rule "refund" { owner = "billing-ops", ... }]] }

page "U0004" { severity = "error", title = "an allowance without a reason",
  what = "A comment that begins with `usher: allow` must name a code and say why: `because` and a reason.",
  why = "Whoever reads the policy in a year must be able to judge whether the exception still holds.",
  fix = "Write `-- usher: allow U0303 because ...` with the reason behind it.",
  before = "-- usher: allow U0303",
  after = "-- usher: allow U0303 because the whole desk owns it" }

-- --- U01: what follows from what --------------------------------------------------

page "U0101" { severity = "error", title = "a rule that never decides",
  what = "Each way in which this rule can match is already taken by an earlier rule: the first match decides.",
  why = "What the rule promises (another group, a higher priority) never happens, and nobody notices.",
  fix = "Move the narrower rule above the wider one, or delete it.",
  before = [[rule "refund"       { when = says "refund", ... }
rule "large refund" { when = all { says "refund", field "value" :at_least(500) }, ... }]],
  after = [[rule "large refund" { when = all { says "refund", field "value" :at_least(500) }, ... }
rule "refund"       { when = says "refund", ... }]] }

page "U0102" { severity = "error", title = "a condition that can never hold",
  what = "Two parts of it exclude each other: no conversation fulfils both.",
  why = "The rule (or this branch of it) is dead, and the customers it was written for stay with the AI.",
  fix = "Use any { ... } where either may hold, or correct the limit that is wrong.",
  before = [[when = all { intent "refund", intent "invoice" }]],
  after = [[when = any { intent "refund", intent "invoice" }]] }

page "U0103" { severity = "error", title = "a catch-all before a high-risk rule",
  what = "A rule that matches whenever a customer writes stands before a rule with risk = \"high\".",
  why = "Threats, self-harm or a hacked account are handled by the general rule: the trained team never hears of it.",
  fix = "Put high-risk rules first and the catch-all last.",
  before = [[rule "everything" { when = turns(1), ... }
rule "danger"     { risk = "high", when = says "suicide", ... }]],
  after = [[rule "danger"     { risk = "high", when = says "suicide", ... }
rule "everything" { when = turns(1), ... }]] }

page "U0104" { severity = "error", title = "a high-risk rule that waits",
  what = "A rule with risk = \"high\" has wait = \"...\" or a timing that delays it.",
  why = "Somebody in danger, or whose account is being emptied, waits for a timer.",
  fix = "Remove wait and timing; high risk is handed over at once.",
  before = [[rule "danger" { risk = "high", wait = "10m", ... }]],
  after = [[rule "danger" { risk = "high", final = true, ... }]] }

page "U0105" { severity = "warning", title = "a high-risk rule that is not final",
  what = "A rule with risk = \"high\" lacks final = true, so modifiers and budgets may still change it.",
  why = "An opening-hours modifier or a budget meant for ordinary questions can delay or soften a safety hand-over.",
  fix = "Add final = true.",
  before = [[rule "danger" { risk = "high", when = says "suicide", ... }]],
  after = [[rule "danger" { risk = "high", final = true, when = says "suicide", ... }]] }

page "U0106" { severity = "warning", title = "a high-risk rule behind one that waits or offers",
  what = "An earlier rule that waits, or only offers a human, can match the same conversation.",
  why = "The first match decides: the risky conversation gets the timer or the offer of the earlier rule.",
  fix = "Move the high-risk rule above it.",
  before = [[rule "stuck"  { wait = "10m", when = failed_attempts(2), ... }
rule "danger" { risk = "high", final = true, when = says "suicide", ... }]],
  after = [[rule "danger" { risk = "high", final = true, when = says "suicide", ... }
rule "stuck"  { wait = "10m", when = failed_attempts(2), ... }]] }

page "U0107" { severity = "warning", title = "a modifier that changes nothing",
  what = "Its change is empty.",
  why = "Somebody believes that, say, night hand-overs are announced differently; they are not.",
  fix = "Say what it changes, or delete it.",
  before = [[modifier "night" { when = closed "support", change = {} }]],
  after = [[modifier "night" { when = closed "support", change = { timing = "next_open" } }]] }

page "U0108" { severity = "warning", title = "a modifier that meets no rule it may change",
  what = "Every rule that can match together with it is final, keeps the conversation, or excludes its condition.",
  why = "The change never happens to any rule's decision.",
  fix = "Correct its condition, or take final from the rules that it is meant for.",
  before = [[rule "danger"      { final = true, when = says "suicide", ... }
modifier "night"   { when = closed "support", change = { timing = "next_open" } }]],
  after = [[rule "danger"      { final = true, when = says "suicide", ... }
rule "refund"      { when = says "refund", ... }
modifier "night"   { when = closed "support", change = { timing = "next_open" } }]] }

page "U0109" { severity = "warning", title = "a part of a condition that adds nothing",
  what = "In any { ... } or none { ... } another part is wider; in all { ... } another part is narrower.",
  why = "It reads as if it mattered; the next person changes it and wonders why nothing happens.",
  fix = "Delete the part, or correct its limit.",
  before = [[when = any { failed_attempts(2), failed_attempts(4) }]],
  after = [[when = failed_attempts(2)]] }

-- --- U02: names ---------------------------------------------------------------------

page "U0201" { severity = "error", title = "a field that is not configured",
  what = "The configuration declares fields { ... }, and this name is not among them.",
  why = "The field is never set: the condition never holds, and the customer is not handed over.",
  fix = "Correct the name, or add it to fields in usher.conf.lua.",
  before = [[when = field "order_vlaue" :at_least(500)]],
  after = [[when = field "order_value" :at_least(500)]] }

page "U0202" { severity = "error", title = "an intent that is not configured",
  what = "The configuration declares intents { ... }, and this name is not among them.",
  why = "No conversation ever has it: the rule is silent.",
  fix = "Correct the name, or add it to intents in usher.conf.lua.",
  before = [[when = intent "refnd"]],
  after = [[when = intent "refund"]] }

page "U0203" { severity = "error", title = "no language of this name",
  what = "Languages are two-letter codes (ISO 639-1): \"en\", \"de\", \"es\".",
  why = "The condition never holds; speakers of the language get the general treatment.",
  fix = "Write the two-letter code.",
  before = [[when = language "german"]],
  after = [[when = language "de"]] }

page "U0204" { severity = "error", title = "a tier that is not configured",
  what = "The configuration declares tiers { ... }, and this name is not among them.",
  why = "Customers of the tier that was meant are treated like all others.",
  fix = "Correct the name, or add it to tiers in usher.conf.lua.",
  before = [[when = tier "vpi"]],
  after = [[when = tier "vip"]] }

page "U0205" { severity = "error", title = "a calendar that is not configured",
  what = "open or closed names a calendar that usher.conf.lua does not declare.",
  why = "Opening hours that are not known are neither open nor closed: the condition never holds.",
  fix = "Correct the name, or declare calendar \"name\" { ... }.",
  before = [[when = closed "suport"]],
  after = [[when = closed "support"]] }

page "U0206" { severity = "error", title = "a group that is not configured",
  what = "A rule or a routing row names a group that groups { ... } does not have.",
  why = "The ticket would land where nobody looks; the engine refuses to load such a policy.",
  fix = "Correct the name, or add the group to usher.conf.lua.",
  before = [[escalate = { group = "biling", ... }]],
  after = [[escalate = { group = "billing", ... }]] }

page "U0207" { severity = "error", title = "a tag that is not configured",
  what = "The configuration declares tags { ... }, and this one is not among them.",
  why = "Views and reports of the helpdesk that go by tags miss the ticket.",
  fix = "Correct the name, or add the tag to usher.conf.lua.",
  before = [[escalate = { tags = { "refnd" }, ... }]],
  after = [[escalate = { tags = { "refund" }, ... }]] }

page "U0208" { severity = "error", title = "a helpdesk that is not configured",
  what = "A rule names a helpdesk that usher.conf.lua does not declare.",
  why = "There is nowhere to create the ticket; the engine refuses to load such a policy.",
  fix = "Correct the name, or declare helpdesk \"name\" { ... }.",
  before = [[escalate = { helpdesk = "zendsk", ... }]],
  after = [[escalate = { helpdesk = "zendesk", ... }]] }

page "U0209" { severity = "error", title = "a template path that is never set",
  what = "{path} in a text stands for a value that no conversation has at that moment.",
  why = "The place stays empty: \"Refund for order \" is what the human reads.",
  fix = "Correct the path. Order data stands under fields; the ticket's number is known in messages to the customer only.",
  before = [[next_step = "Check order {field.order_number}."]],
  after = [[next_step = "Check order {fields.order_number}."]] }

page "U0210" { severity = "error", title = "a value that the word never has",
  what = "Channels, outcomes, events, priorities and the like have fixed names, and this is none of them.",
  why = "The condition never holds.",
  fix = "Use the name that is suggested.",
  before = [[when = event "session.end"]],
  after = [[when = event "session.ended"]] }

page "U0211" { severity = "error", title = "a test that names no rule",
  what = "expect = { rule = \"...\" } (or not_rule) names a rule that the policy does not have.",
  why = "With not_rule the test can never fail, so it protects nothing.",
  fix = "Use the rule's present name.",
  before = [[expect = { not_rule = "refnd" }]],
  after = [[expect = { not_rule = "refund" }]] }

page "U0212" { severity = "error", title = "what no helpdesk makes of it",
  what = "A rule wants its hand-over as a ticket or as a conversation, and the helpdesk that it names (or, when it names none, every one) makes only the other.",
  why = "The hand-over is made as what the helpdesk can make; the rule says something that never happens.",
  fix = "Leave `as` out, name another helpdesk, or complete the helpdesk's settings.",
  before = [[escalate = { helpdesk = "zendesk", as = "conversation", ... }]],
  after = [[escalate = { helpdesk = "intercom", as = "conversation", ... }]] }

-- --- U03: what a rule should have -----------------------------------------------------

page "U0301" { severity = "error", title = "a hand-over without a reason",
  what = "escalate needs reason = \"...\".",
  why = "Reports, priorities and the human's first look go by the reason; the engine refuses the policy without it.",
  fix = "Add a short word for why a human must take over.",
  before = [[escalate = { next_step = "Approve the refund." }]],
  after = [[escalate = { reason = "refund", next_step = "Approve the refund." }]] }

page "U0302" { severity = "error", title = "a hand-over without a next step",
  what = "escalate needs next_step = \"...\".",
  why = "The human opens the ticket and does not know what is wanted; the customer waits for that.",
  fix = "Say what the human does first.",
  before = [[escalate = { reason = "refund" }]],
  after = [[escalate = { reason = "refund", next_step = "Approve or decline the refund." }]] }

page "U0303" { severity = "warning", title = "a rule without an owner",
  what = "The rule has no owner = \"...\".",
  why = "When it hands over too much or too little, nobody is asked and nobody repairs it.",
  fix = "Name the team that answers for the rule.",
  before = [[rule "refund" { when = says "refund", ... }]],
  after = [[rule "refund" { owner = "billing-ops", when = says "refund", ... }]] }

page "U0304" { severity = "warning", title = "a rule without a test",
  what = "No test beside the rules expects this rule, its reason, or a group or priority that only it gives.",
  why = "A later change can silence the rule, and the tests stay green.",
  fix = "Add a test with expect = { rule = \"its name\" } or its reason.",
  before = [[rule "refund" { when = says "refund", ... }   -- and no test]],
  after = [[test "a refund" { given = conversation { customer "refund!" }, expect = { rule = "refund" } }]] }

page "U0305" { severity = "note", title = "a rule without a negative test",
  what = "The file that tests the rule has no case in which something else is expected: keep, another rule, or not_rule.",
  why = "Nothing shows where the rule stops: it may hand over people who did not need it.",
  fix = "Add a near miss: almost the same conversation, with expect = { action = \"keep\" }.",
  before = [[test "a refund" { given = asked, expect = { rule = "refund" } }]],
  after = [[test "a refund"      { given = asked, expect = { rule = "refund" } }
test "is it refundable?" { given = question, expect = { action = "keep" } }]] }

-- --- U04: time ----------------------------------------------------------------------------

page "U0401" { severity = "error", title = "a wait longer than the promised answer",
  what = "The rule waits at least as long as sla { ... } gives for the ticket's priority.",
  why = "When the hand-over is made, the promise to the customer is already broken.",
  fix = "Wait less, or promise more time.",
  before = [[sla { normal = "1h" }      rule "stuck" { wait = "2h", ... } ]],
  after = [[sla { normal = "1h" }      rule "stuck" { wait = "10m", ... }]] }

page "U0402" { severity = "warning", title = "a response time without a calendar",
  what = "The configuration has sla { ... } and a group that is handed tickets has no calendar.",
  why = "A promise of four hours made on Friday evening ends at night, when nobody works.",
  fix = "Declare calendar \"name\" { ... } (24x7 if so) and give it to the group.",
  before = [[sla { normal = "4h" }      groups { billing = {} }]],
  after = [[sla { normal = "4h" }      groups { billing = { calendar = "office" } }]] }

-- --- U05: phrases and patterns ---------------------------------------------------------------

page "U0501" { severity = "warning", title = "a phrase that is too broad",
  what = "One everyday word, or fewer than three letters, is enough for the rule to match.",
  why = "Half of all conversations contain it: humans are flooded with questions the AI answers well.",
  fix = "Write the words around it (\"cancel my order\" for \"order\"), or demand a second condition with all { ... }.",
  before = [[when = says { "order" }]],
  after = [[when = says { "cancel my order", "order is lost" }]] }

page "U0502" { severity = "warning", title = "a phrase in more than a fifth of the recordings",
  what = "Measured on --corpus: the phrase alone makes the rule match in more than 20 % of the conversations.",
  why = "A rule for the exception that fires for every fifth customer takes the humans away from the others.",
  fix = "Make the phrase longer, or demand a second condition.",
  before = [[when = says { "flight" }]],
  after = [[when = says { "missed my flight", "flight was cancelled" }]] }

page "U0503" { severity = "warning", title = "the same phrase twice",
  what = "The list holds two phrases that are equal once case and accents are folded.",
  why = "One of the two was meant to be something else, and that is now missing.",
  fix = "Delete one, or correct it.",
  before = [[says { "Refund", "refund" }]],
  after = [[says { "refund", "money back" }]] }

page "U0504" { severity = "note", title = "a phrase within another of the list",
  what = "Whoever says the longer phrase says the shorter one too.",
  why = "The longer one never makes a difference; perhaps the shorter one is broader than was meant.",
  fix = "Delete the longer phrase, or make the shorter one more exact.",
  before = [[says { "refund", "my refund" }]],
  after = [[says { "refund" }]] }

page "U0505" { severity = "warning", title = "an expensive pattern",
  what = "A repetition inside a repetition, or several .* in a row: the search tries every way to share the text.",
  why = "On a long message the search reaches its limit and gives up: exactly the long complaint is not matched.",
  fix = "Use one repetition of a class ([a-z0-9]+ for ([a-z]+[0-9]*)+), or two conditions in all { ... }.",
  before = [[when = matches "(\\w+\\s?)+order.*late.*again"]],
  after = [[when = all { says "order", says "late", says "again" }]] }

-- --- U06: how it is used ---------------------------------------------------------------------

page "U0601" { severity = "warning", title = "too many rules are urgent",
  what = "More than 30 % of the rules that hand over do it with priority \"urgent\".",
  why = "When everything is urgent, nothing is: the customer in danger stands in a long queue.",
  fix = "Keep urgent for danger and security; use high for the rest.",
  before = [[escalate = { reason = "refund", priority = "urgent", ... }]],
  after = [[escalate = { reason = "refund", priority = "high", ... }]] }

page "U0602" { severity = "warning", title = "too many hand-overs are urgent",
  what = "Measured on --corpus: more than 5 % of the hand-overs have priority \"urgent\".",
  why = "When everything is urgent, nothing is: the customer in danger stands in a long queue.",
  fix = "Narrow the rule that is named, or lower its priority.",
  before = [[rule "parcel" { when = says "parcel", escalate = { priority = "urgent", ... } }]],
  after = [[rule "parcel" { when = says "parcel", escalate = { priority = "normal", ... } }]] }

page "U0603" { severity = "note", title = "a condition that cannot be seen into",
  what = "when holds a bare function.",
  why = "Explain can only say that it was true or false; no value, no threshold, no distance, and no check looks inside.",
  fix = "Use the words where there is one; keep the function for what no word says.",
  before = [[when = function(c) return c.turn_count >= 8 end]],
  after = [[when = turns(8)]] }

page "U0604" { severity = "note", title = "an effect that cannot be seen into",
  what = "A value of the effect is a function.",
  why = "The policy book and the checks cannot say which group or priority a customer gets.",
  fix = "Use a \"{path}\" template, two rules, or a modifier.",
  before = [[priority = function(c) return c.customer.tier == "vip" and "high" or "normal" end]],
  after = [[modifier "vip" { when = tier "vip", change = { priority = "high" } }]] }

page "U0605" { severity = "warning", title = "a rule for more than a fifth of the recordings",
  what = "Measured on --corpus: the rule hands over more than 20 % of the conversations, and not after a wait.",
  why = "The AI answers what it could answer no more, and who has a real problem stands in a long queue.",
  fix = "Add the condition that tells the exception from the rule, or offer a human instead.",
  before = [[rule "order" { when = any { intent "order", says "parcel" }, escalate = { ... } }]],
  after = [[rule "order is lost" { when = all { intent "order", failed_attempts(2) }, escalate = { ... } }]] }
