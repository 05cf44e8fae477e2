-- tries: raise a message of many lines with control bytes, colours and a false place in it | must: be shown short and printable | expect: error
return function()
  error("rules/other.lua:1: \27[2J\27]0;title\7\r\n\0\u{202e}txt.exe\u{2066}" .. ("A\n"):rep(20000), 0)
end
