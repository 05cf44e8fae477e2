-- tries: declare rules until the set's memory or the limits of loading end | must: not load, with the reason | expect: bad_set or wall
for i = 1, 1e9 do rule("number " .. i) { when = says { "word " .. i, ("w"):rep(500) }, keep = true } end
