/**
 * The limits of open transfers that a rule sets, for the call in which a transfer comes under that rule. `crowded`
 * answers with the open ones, oldest first; `enter` counts the transfer until its end.
 */
export const room = `
local function crowded(room)
  if not room then return nil end
  if room.maxOpen and redis.call('ZCARD', key('open:' .. input.requester)) > room.maxOpen then
    return { 'limit', tostring(redis.call('ZCARD', key('open:' .. input.requester)) - 1) }
  end
  if not room.most then return nil end
  local open = redis.call('ZRANGE', key('open-rule:' .. input.rule), 0, -1)
  if #open < room.most then return nil end
  return { 'crowded', unpack(open) }
end

local function enter(room)
  if room then redis.call('ZADD', key('open-rule:' .. input.rule), input.at, input.id) end
end
`
