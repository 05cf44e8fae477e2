-- Goods: parcels, damage, devices.
local function to_logistics(reason, next_step)
  return { reason = reason, group = "logistics", next_step = next_step }
end

rule "parcel lost" {
  when = says { "parcel is lost", "package is lost", "never delivered", "marked as delivered" },
  escalate = to_logistics("parcel_lost", "Open a search for order {fields.order_number}."),
}
rule "arrived damaged" {
  when = says { "arrived broken", "arrived damaged", "cracked screen", "damaged box" },
  escalate = to_logistics("damaged", "Ask for a photo, then send a new one."),
}
rule "address after dispatch" {
  when = all { intent "change_address", field "order_status" :one_of { "shipped", "in_transit" } },
  escalate = to_logistics("address", "Have the carrier redirect order {fields.order_number}."),
}
rule "device by its number" {
  when = matches "\\bSN-[0-9]{8}\\b",
  escalate = { reason = "device", next_step = "Look the device up." },
}
rule "health" {
  when = says { "allergic reaction", "hospital", "caught fire", "smoke came out" },
  escalate = { reason = "health", group = "legal", priority = "urgent", next_step = "Call the customer." },
}
rule "outage" {
  when = all { says { "is down", "cannot log in", "error 500", "nothing works" }, failed_attempts(1) },
  escalate = { reason = "outage", next_step = "Compare with the status page." },
}
