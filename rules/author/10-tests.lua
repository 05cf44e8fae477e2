-- What the tests of a policy expect, noted while they load.

local lint = rule_language.lint

local function harvest(into, t, depth)
  if type(t) ~= "table" or depth > 4 then return end
  for key, value in pairs(t) do
    if key == "expect" or key == "then_expect" then
      into[#into + 1] = value == "nothing" and { action = "keep" } or value
    elseif key ~= "given" then
      harvest(into, value, depth + 1)
    end
  end
end

local function remember(place, name, t)
  local expects = {}
  harvest(expects, t, 1)
  for _, expect in ipairs(expects) do
    if type(expect) == "table" then
      lint.tests[#lint.tests + 1] = { name = name, where = place, file = place:match("^(.*):%d+$"), expect = expect }
    end
  end
end

local real_test, real_cases = rawget(_ENV, "test"), rawget(_ENV, "cases")
if real_test then
  function test(name)
    local place = where(2)
    local declare = real_test(name)
    return function(t)
      remember(place, name, t)
      return declare(t)
    end
  end

  function cases(title)
    local place = where(2)
    local declare = real_cases(title)
    return function(list)
      for _, row in ipairs(list) do
        if type(row) == "table" then
          remember(place, title .. ": " .. tostring(row[1]), { expect = row[3], more = row })
        end
      end
      return declare(list)
    end
  end
end
