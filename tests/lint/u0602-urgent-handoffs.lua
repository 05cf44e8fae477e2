-- finds U0602 3
-- A quarter of the hand-overs is urgent.
rule "a" { owner = "ops", when = says "it burns",
  escalate = { reason = "a", priority = "urgent", next_step = "Reply." } }
rule "b" { owner = "ops", when = says "it smokes",
  escalate = { reason = "b", next_step = "Reply." } }
rule "c" { owner = "ops", when = says "it stinks",
  escalate = { reason = "c", next_step = "Reply." } }
rule "d" { owner = "ops", when = says "it leaks",
  escalate = { reason = "d", next_step = "Reply." } }
-- === test ===
test "a" { given = just "x", expect = { rule = "a" } }
test "b" { given = just "x", expect = { rule = "b" } }
test "c" { given = just "x", expect = { rule = "c" } }
test "d" { given = just "x", expect = { rule = "d" } }
test "quiet" { given = just "hello", expect = { action = "keep" } }
-- === corpus ===
{"id":"c0","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c1","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c2","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c3","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c4","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c5","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c6","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c7","messages":[{"role":"customer","text":"it burns"}]}
{"id":"c8","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c9","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c10","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c11","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c12","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c13","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c14","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c15","messages":[{"role":"customer","text":"it leaks"}]}
{"id":"c16","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c17","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c18","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c19","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c20","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c21","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c22","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c23","messages":[{"role":"customer","text":"it stinks"}]}
{"id":"c24","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c25","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c26","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c27","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c28","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c29","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c30","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c31","messages":[{"role":"customer","text":"it smokes"}]}
{"id":"c32","messages":[{"role":"customer","text":"well 32"}]}
{"id":"c33","messages":[{"role":"customer","text":"well 33"}]}
{"id":"c34","messages":[{"role":"customer","text":"well 34"}]}
{"id":"c35","messages":[{"role":"customer","text":"well 35"}]}
{"id":"c36","messages":[{"role":"customer","text":"well 36"}]}
{"id":"c37","messages":[{"role":"customer","text":"well 37"}]}
{"id":"c38","messages":[{"role":"customer","text":"well 38"}]}
{"id":"c39","messages":[{"role":"customer","text":"well 39"}]}
{"id":"c40","messages":[{"role":"customer","text":"well 40"}]}
{"id":"c41","messages":[{"role":"customer","text":"well 41"}]}
{"id":"c42","messages":[{"role":"customer","text":"well 42"}]}
{"id":"c43","messages":[{"role":"customer","text":"well 43"}]}
{"id":"c44","messages":[{"role":"customer","text":"well 44"}]}
{"id":"c45","messages":[{"role":"customer","text":"well 45"}]}
{"id":"c46","messages":[{"role":"customer","text":"well 46"}]}
{"id":"c47","messages":[{"role":"customer","text":"well 47"}]}
{"id":"c48","messages":[{"role":"customer","text":"well 48"}]}
{"id":"c49","messages":[{"role":"customer","text":"well 49"}]}
{"id":"c50","messages":[{"role":"customer","text":"well 50"}]}
{"id":"c51","messages":[{"role":"customer","text":"well 51"}]}
{"id":"c52","messages":[{"role":"customer","text":"well 52"}]}
{"id":"c53","messages":[{"role":"customer","text":"well 53"}]}
{"id":"c54","messages":[{"role":"customer","text":"well 54"}]}
{"id":"c55","messages":[{"role":"customer","text":"well 55"}]}
{"id":"c56","messages":[{"role":"customer","text":"well 56"}]}
{"id":"c57","messages":[{"role":"customer","text":"well 57"}]}
{"id":"c58","messages":[{"role":"customer","text":"well 58"}]}
{"id":"c59","messages":[{"role":"customer","text":"well 59"}]}
