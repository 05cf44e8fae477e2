-- Definitions for editors: LuaLS "---@meta" files and a luacheck standard, from
-- the schema and from the names of the live configuration.

local core = rule_language
local lint, author = core.lint, core.author
local schema, names = author.schema, lint.names

local function sorted(set)
  local list = {}
  for name in pairs(set or {}) do list[#list + 1] = tostring(name) end
  table.sort(list)
  return list
end

local function quoted(name) return string.format("%q", name) end

-- Without a configuration any name may be right.
local function alias(out, name, list)
  if #list == 0 then
    out[#out + 1] = "---@alias " .. name .. " string"
    return
  end
  out[#out + 1] = "---@alias " .. name
  for _, one in ipairs(list) do out[#out + 1] = "---| '" .. quoted(one) .. "'" end
end

local function aliases(out)
  local given = core.given
  alias(out, "usher.Group", sorted(given.groups))
  alias(out, "usher.Tag", sorted(names.set_of(given.tags)))
  alias(out, "usher.Field", sorted(names.fields))
  alias(out, "usher.Intent", sorted(names.intents))
  alias(out, "usher.Tier", sorted(names.tiers))
  alias(out, "usher.Calendar", sorted(names.calendars))
  alias(out, "usher.Helpdesk", sorted(names.set_of(given.helpdesks)))
  alias(out, "usher.Channel", sorted(names.channels))
  alias(out, "usher.Outcome", sorted(names.outcomes))
  alias(out, "usher.Event", sorted(names.events))
  for _, name in ipairs(sorted(schema.enums)) do alias(out, name, schema.enums[name]) end
end

local function add_class(out, class)
  out[#out + 1] = "\n---" .. class.about .. "\n---@class " .. class.name
  for _, row in ipairs(class.rows) do
    out[#out + 1] = "---@field " .. row[1] .. (row[2]:sub(-1) == "?" and "? " or " ") .. row[2]:gsub("%?$", "") ..
      (row[3] ~= "" and " " .. row[3] or "")
  end
end

-- "s: string, n?: integer" -> annotations and the bare list
local function add_function(out, name, row)
  local bare = {}
  out[#out + 1] = "\n---" .. row[4]
  for param in row[2]:gmatch("[^,]+") do
    local word, kind = param:match("^%s*([%w_.]+%??):?%s*(.*)$")
    bare[#bare + 1] = word:gsub("%?$", "")
    if word ~= "..." then out[#out + 1] = "---@param " .. word .. " " .. kind end
  end
  if row[3] then out[#out + 1] = "---@return " .. row[3] end
  out[#out + 1] = "function " .. name .. "(" .. table.concat(bare, ", ") .. ") end"
end

local function add_library(out, lib)
  out[#out + 1] = "\n" .. lib.name .. " = {}"
  for _, row in ipairs(lib.rows) do
    if row.value then
      out[#out + 1] = "\n---" .. row[4] .. "\n---@type " .. row[3] .. "\n" .. lib.name .. "." .. row[1] .. " = nil"
    else
      add_function(out, lib.name .. "." .. row[1], row)
    end
  end
end

local function meta(scope)
  local out = { "---@meta", "-- Made by usher stubs; it is written anew each time." , "" }
  if scope == "rules" then
    aliases(out)
    for _, class in ipairs(schema.classes) do add_class(out, class) end
  end
  for _, lib in ipairs(schema.libraries) do
    if (lib.scope or "rules") == scope then add_library(out, lib) end
  end
  for _, row in ipairs(schema.scopes[scope]) do add_function(out, row[1], row) end
  return table.concat(out, "\n") .. "\n"
end

-- --- luacheck --------------------------------------------------------------------------------------

local function member_list(list)
  local shown = {}
  for i, name in ipairs(list) do shown[i] = name .. " = {}" end
  return "{ fields = { " .. table.concat(shown, ", ") .. " } }"
end

local function standard(scope)
  local rows = {}
  local function add(name, value) rows[#rows + 1] = "    " .. name .. " = " .. (value or "{}") .. "," end
  for _, name in ipairs(schema.lua) do add(name) end
  for name, list in pairs(schema.stock) do add(name, member_list(list)) end
  for _, lib in ipairs(schema.libraries) do
    if not lib.scope or lib.scope == scope then
      local list = {}
      for i, row in ipairs(lib.rows) do list[i] = row[1] end
      add(lib.name, member_list(list))
    end
  end
  for _, row in ipairs(schema.scopes[scope]) do add(row[1]) end
  table.sort(rows)
  return "stds.usher_" .. scope .. " = {\n  read_globals = {\n" .. table.concat(rows, "\n") .. "\n  },\n}\n"
end

local function luacheckrc()
  return "-- Made by usher stubs; it is written anew each time.\n" .. standard "rules" .. standard "adapters" ..
    standard "config" .. "std = \"usher_rules\"\nmax_line_length = false\nexclude_files = { \".usher\" }\n" ..
    "files[\"**/usher.conf.lua\"] = { std = \"usher_config\" }\n" ..
    "files[\"**/adapters/**/*.lua\"] = { std = \"usher_adapters\" }\n"
end

local luarc = [[
{
  "runtime.version": "Lua 5.4",
  "runtime.builtin": { "coroutine": "disable", "debug": "disable", "io": "disable", "os": "disable", "package": "disable" },
  "workspace.library": [".usher"],
  "workspace.checkThirdParty": false
}
]]

-- name -> text of every file
function core.entry.stubs()
  return {
    [".usher/rules.lua"] = meta "rules", [".usher/adapters.lua"] = meta "adapters", [".usher/config.lua"] = meta "config",
    [".luacheckrc"] = luacheckrc(), [".luarc.json"] = luarc,
  }
end
