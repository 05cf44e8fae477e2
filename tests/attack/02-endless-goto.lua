-- tries: spin between two labels, with nothing that looks like a loop | must: end with the budget | expect: budget
return function()
  ::ping::
  do goto pong end
  ::pong::
  do goto ping end
end
