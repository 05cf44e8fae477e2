-- tries: start a thread of its own that no count is kept of | must: have no coroutines under any name | expect: error
local library = coroutine
local function spin() while true do end end
return function()
  local thread = library.create(spin)
  library.resume(thread)
  return "ESCAPED: a coroutine ran"
end
