import { noHead, serviceChain } from '../../audit/entry.ts'
import { sha256Lua } from './sha256.ts'

/**
 * How scripts write the audit: each line is numbered and linked to the chain of its transfer, or to that of the service
 * where there is no such record. `INCR` comes first: it is what Redis refuses when it can write nothing.
 */
export const auditPrelude = `${sha256Lua}
local function chainOf(transfer)
  if transfer then
    local place = key('transfer:' .. transfer)
    if transfer == input.id or redis.call('EXISTS', place) == 1 then return transfer, place end
  end
  return '${serviceChain}', key('audit:chain')
end

local function audit(lines)
  for _, line in ipairs(lines) do
    local said = {}
    for i = 1, #line, 2 do said[line[i]] = line[i + 1] end
    local chain, place = chainOf(said.transfer)
    local n = redis.call('INCR', key('audit:count'))
    local head = redis.call('HGET', place, 'head')
    -- A hand in Redis must not stop the work: its chain is broken, and that is found.
    if not head or not string.find(head, '^' .. string.rep('%x', 64) .. '$') then head = '${noHead}' end
    head = linked(head, said.digest, n)
    redis.call('XADD', key('audit'), n .. '-0', 'n', n, 'chain', chain, 'head', head, unpack(line))
    redis.call('HSET', place, 'head', head)
  end
end

-- What was held back of one actor's refusals, as one line; the next window begins without it.
local function tellHeld(actor, at, most)
  local held = tonumber(redis.call('HGET', key('audit:refusals'), actor) or 0) - most
  if held > 0 then
    local line, text = {}, ''
    local event = '{"count":"' .. held .. '"}'
    for _, field in ipairs({ { 'at', string.format('%.0f', at) }, { 'by', actor }, { 'event', event },
      { 'kind', 'refusals_held_back' } }) do
      text = text .. field[1] .. '=' .. #field[2] .. ':' .. field[2] .. ';'
      table.insert(line, field[1])
      table.insert(line, field[2])
    end
    table.insert(line, 'digest')
    table.insert(line, hashed(text))
    audit({ line })
  end
  redis.call('HDEL', key('audit:refusals'), actor)
  redis.call('ZREM', key('audit:windows'), actor)
end

-- Counts one refusal of an actor; true when the window has had as many as are told one by one.
local function isHeld(limit)
  if not limit then return false end
  local began = redis.call('ZSCORE', key('audit:windows'), limit.actor)
  if not began or limit.at >= tonumber(began) + limit.window then
    tellHeld(limit.actor, limit.at, limit.most)
    redis.call('ZADD', key('audit:windows'), limit.at, limit.actor)
  end
  return redis.call('HINCRBY', key('audit:refusals'), limit.actor, 1) > limit.most
end
`
