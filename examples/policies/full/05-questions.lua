-- P11: what we ask before a human takes over, one question a message, and only
-- what is not known. The rules that ask say collect = { "order_number", ... };
-- a second demand for a human, anger, a lawyer or ten silent minutes end it.

slot "order_number" {
  title   = "order number",
  ask     = { en = "What is your order number? It looks like AB123456.",
              de = "Wie lautet Ihre Bestellnummer? Sie sieht aus wie AB123456.",
              es = "¿Cuál es su número de pedido? Es como AB123456." },
  again   = { en = "I could not find an order number in that. It is two letters and six digits, like AB123456.",
              de = "Darin habe ich keine Bestellnummer gefunden. Sie hat zwei Buchstaben und sechs Ziffern, wie AB123456.",
              es = "No he encontrado un número de pedido. Son dos letras y seis cifras, como AB123456." },
  pattern = "^%u%u%d%d%d%d%d%d$",
}

slot "payment_date" {
  title = "payment date",
  ask   = { en = "When did you pay?", de = "Wann haben Sie bezahlt?", es = "¿Cuándo pagó?" },
  kind  = "date",
}

slot "device" { ask = "Which device do you use?" }
slot "app_version" { title = "app version", ask = "Which version of the app is it? It stands in Settings, at the bottom.", pattern = "^%d+%.%d+[%d.]*$" }
slot "error_text" { title = "error message", ask = "What does the error message say?" }
