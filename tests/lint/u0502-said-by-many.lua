-- finds U0502 4
-- A third of the recordings says it.
rule "late" { owner = "ops", when = 
  says { "parcel" },
  escalate = { reason = "late", next_step = "Reply." } }
-- === test ===
test "late" { given = just "x", expect = { rule = "late" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === corpus ===
{"id":"c0","messages":[{"role":"customer","text":"my parcel number 0"}]}
{"id":"c1","messages":[{"role":"customer","text":"where is it 1"}]}
{"id":"c2","messages":[{"role":"customer","text":"where is it 2"}]}
{"id":"c3","messages":[{"role":"customer","text":"my parcel number 3"}]}
{"id":"c4","messages":[{"role":"customer","text":"where is it 4"}]}
{"id":"c5","messages":[{"role":"customer","text":"where is it 5"}]}
{"id":"c6","messages":[{"role":"customer","text":"my parcel number 6"}]}
{"id":"c7","messages":[{"role":"customer","text":"where is it 7"}]}
{"id":"c8","messages":[{"role":"customer","text":"where is it 8"}]}
{"id":"c9","messages":[{"role":"customer","text":"my parcel number 9"}]}
{"id":"c10","messages":[{"role":"customer","text":"where is it 10"}]}
{"id":"c11","messages":[{"role":"customer","text":"where is it 11"}]}
{"id":"c12","messages":[{"role":"customer","text":"my parcel number 12"}]}
{"id":"c13","messages":[{"role":"customer","text":"where is it 13"}]}
{"id":"c14","messages":[{"role":"customer","text":"where is it 14"}]}
{"id":"c15","messages":[{"role":"customer","text":"my parcel number 15"}]}
{"id":"c16","messages":[{"role":"customer","text":"where is it 16"}]}
{"id":"c17","messages":[{"role":"customer","text":"where is it 17"}]}
{"id":"c18","messages":[{"role":"customer","text":"my parcel number 18"}]}
{"id":"c19","messages":[{"role":"customer","text":"where is it 19"}]}
{"id":"c20","messages":[{"role":"customer","text":"where is it 20"}]}
{"id":"c21","messages":[{"role":"customer","text":"my parcel number 21"}]}
{"id":"c22","messages":[{"role":"customer","text":"where is it 22"}]}
{"id":"c23","messages":[{"role":"customer","text":"where is it 23"}]}
{"id":"c24","messages":[{"role":"customer","text":"my parcel number 24"}]}
{"id":"c25","messages":[{"role":"customer","text":"where is it 25"}]}
{"id":"c26","messages":[{"role":"customer","text":"where is it 26"}]}
{"id":"c27","messages":[{"role":"customer","text":"my parcel number 27"}]}
{"id":"c28","messages":[{"role":"customer","text":"where is it 28"}]}
{"id":"c29","messages":[{"role":"customer","text":"where is it 29"}]}
