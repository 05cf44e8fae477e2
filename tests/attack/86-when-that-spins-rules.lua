-- tries: a rule whose condition never answers, and catches what is said to it | must: end with the budget, the next decision is right | expect: budget
rule "never says" {
  when = function(c)
    while true do pcall(function() while c do end end) end
  end,
  keep = true,
}
