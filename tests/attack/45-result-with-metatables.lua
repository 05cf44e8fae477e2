-- tries: return tables whose fields come from functions that spin, raise or lie | must: read the result raw and refuse it | expect: bad_result
return function()
  local function spin() while true do end end
  local meta = { __index = spin, __len = spin, __pairs = spin, __eq = spin, __name = "decision", __tostring = spin, __close = spin }
  return { action = "escalate", tags = setmetatable({ "a" }, meta), fields = setmetatable({}, { __index = meta }) }
end
