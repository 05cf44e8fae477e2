-- tries: expressions that are short and grow when compiled, recurse, look back or call out | must: refuse or end with a limit | expect: contained
return function()
  local list = { "((((a{1,200}){1,200}){1,200}){1,200})", "(?R)", "(a(?1)?b)", "(?<=a{1,60000})b", "(*LIMIT_MATCH=4294967295)a",
    "(*NO_START_OPT)(*UTF)a", "\\C", ("("):rep(2000), ("(?:"):rep(90) .. (")"):rep(90), ("a"):rep(5000), "(?C1)a", "\\p{L}{1,65535}",
    "(?<n>a)(?<n>b)", "[[:<:]]x", "\\x{110000}", "(*COMMIT)(*F)|a" }
  for _, one in ipairs(list) do
    pcall(regex.test, one)
    pcall(regex.match, one, ("ab"):rep(200))
  end
  return "done"
end
