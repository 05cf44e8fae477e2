-- tries: a result that is all beginnings of card numbers, IBANs, keys, addresses and telephone numbers | must: be read by the engine in no time | expect: ok
return function()
  local parts = { ("4111 1111-"):rep(700), ("DE00 1234 "):rep(600), ("password: "):rep(700), ("a@"):rep(2500), ("+49 "):rep(1500), ("sk_live_"):rep(700),
    ("Bearer "):rep(800), ("-----BEGIN "):rep(500), ("1"):rep(6000), ("a.b@c."):rep(900) }
  return table.concat(parts)
end
