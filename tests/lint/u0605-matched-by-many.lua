-- finds U0605 3
-- Each phrase in 15 % of the recordings, the rule in 30 %.
rule "late" { owner = "ops",
  when = says { "parcel is late", "parcel is lost" },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === corpus ===
{"id":"c0","messages":[{"role":"customer","text":"the parcel is late"}]}
{"id":"c1","messages":[{"role":"customer","text":"the parcel is lost"}]}
{"id":"c2","messages":[{"role":"customer","text":"where is it 2"}]}
{"id":"c3","messages":[{"role":"customer","text":"where is it 3"}]}
{"id":"c4","messages":[{"role":"customer","text":"where is it 4"}]}
{"id":"c5","messages":[{"role":"customer","text":"where is it 5"}]}
{"id":"c6","messages":[{"role":"customer","text":"where is it 6"}]}
{"id":"c7","messages":[{"role":"customer","text":"the parcel is late"}]}
{"id":"c8","messages":[{"role":"customer","text":"the parcel is lost"}]}
{"id":"c9","messages":[{"role":"customer","text":"where is it 9"}]}
{"id":"c10","messages":[{"role":"customer","text":"where is it 10"}]}
{"id":"c11","messages":[{"role":"customer","text":"where is it 11"}]}
{"id":"c12","messages":[{"role":"customer","text":"where is it 12"}]}
{"id":"c13","messages":[{"role":"customer","text":"where is it 13"}]}
{"id":"c14","messages":[{"role":"customer","text":"the parcel is late"}]}
{"id":"c15","messages":[{"role":"customer","text":"the parcel is lost"}]}
{"id":"c16","messages":[{"role":"customer","text":"where is it 16"}]}
{"id":"c17","messages":[{"role":"customer","text":"where is it 17"}]}
{"id":"c18","messages":[{"role":"customer","text":"where is it 18"}]}
{"id":"c19","messages":[{"role":"customer","text":"where is it 19"}]}
