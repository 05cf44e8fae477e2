-- tries: characters that are none, cut, overlong or past the end, in every word that takes text | must: give an error or clean text | expect: contained
return function()
  local bytes = { "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x82", ("\x80"):rep(5000), "\xf0\x9f\x91\x8d\xcc\x81", "\0", "" }
  for _, s in ipairs(bytes) do
    for _, f in ipairs { utf8.len, utf8.codepoint, utf8.codes, utf8.offset, text.fold, text.words, text.harmless, text.trim,
      text.html_to_text, text.markdown_to_text, string.lower, string.reverse, url.encode, digest.hex_sha256, base64.decode } do
      local ok, out = pcall(f, s, 1, -1)
      if ok and type(out) == "function" then pcall(function() for _ in out, s, 0 do end end) end
    end
    for n = 0, 4 do pcall(text.clip, s, n) end
    pcall(text.clip, s, math.maxinteger)
    pcall(text.clip, s, math.mininteger)
  end
  pcall(utf8.char, 0x7fffffff, 0x110000, 0xd800)
  pcall(utf8.offset, "abc", math.mininteger, math.maxinteger)
  return "done"
end
