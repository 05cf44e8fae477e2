-- tries: HTML that nests without end, misnests its formatting, or has attributes by the thousand | must: end with plain text or a limit | expect: contained or budget or memory
return function()
  local bombs = { ("<div>"):rep(40000), ("<b><i><p>"):rep(3000), ("<table><tr><td>"):rep(4000), ("<a><b><table>"):rep(600), "<p " .. ("x=1 "):rep(40000) .. ">",
    ("&"):rep(60000), ("<!--"):rep(20000), ("<script>"):rep(9000), ("<ul><li>"):rep(9000), "<" .. ("a"):rep(200000), ("<svg><math>"):rep(5000), ("</p>"):rep(30000) }
  for _, one in ipairs(bombs) do pcall(text.html_to_text, one) end
  return "done"
end
