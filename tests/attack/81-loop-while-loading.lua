-- tries: spin while the set is loaded | must: not load, with the reason | expect: bad_set
while true do end
