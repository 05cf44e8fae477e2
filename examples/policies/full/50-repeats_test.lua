-- P3: the same question again.
local START = 1763287200000
local function at(seconds, text) return customer { text, at_ms = START + seconds * 1000 } end
local three = { action = "escalate", reason = "repeated_question", priority = "normal" }

cases "P3 repeated question" {
  { "three paraphrases of \"where is my order\"", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please", ai "It will come.", customer "so where is my order 4711??" }, three },
  { "twice: an offer", conversation { customer "where is my order 4711", ai "On its way.", customer "where is my order 4711 please" }, { action = "offer", rule = "offer a person to somebody who asks again" } },
  { "\"ok\", \"ok\", \"ok\"", conversation { customer "ok", ai "a", customer "ok", ai "b", customer "ok" }, { action = "keep" } },
  { "\"hm\", three times, says nothing", conversation { customer "hm", ai "a", customer "hm", ai "b", customer "hm" }, { action = "wait" } },
  { "pasted three times in ten seconds counts once", conversation { at(0, "where is my order 4711"), at(4, "where is my order 4711"), at(9, "where is my order 4711") }, { action = "wait" } },
  { "in two languages, by the same intent", conversation {
    customer { "where is my order 4711", intent = "order_status" }, ai "On its way.",
    customer { "wo bleibt meine Bestellung 4711", intent = "order_status" }, ai "Unterwegs.",
    customer { "when does parcel 4711 arrive", intent = "order_status" } }, three },
  { "three different questions", conversation { customer "where is my order 4711", ai "a", customer "what does express shipping cost", ai "b", customer "may I change the colour later" }, { action = "wait" } },
}
