import { script } from './script.ts'

/** Lines that belong to no delivery. `expect`: only if the value that they tell the change of is still the old one. */
export const note = script(`
local call = key('audit:call:' .. input.call)
-- ioredis sends again what had no reply when its connection broke.
if redis.call('EXISTS', call) == 1 then return 'kept' end
local expect = input.expect
if expect and (redis.call('HGET', key('audit:known'), expect.name) or '') ~= expect.old then return 'conflict' end
if isHeld(input.limit) then return 'held' end
audit(input.audit)
redis.call('SET', call, 1, 'PX', 600000)
if expect then redis.call('HSET', key('audit:known'), expect.name, expect.new) end
if input.told then redis.call('HINCRBY', key('audit:refusals'), input.told, -1) end
return 'kept'
`)

/** Tells what was held back in windows that are over; answers how many actors it looked at. */
export const heldBack = script(`
local over = redis.call('ZRANGEBYSCORE', key('audit:windows'), '-inf', input.at - input.window, 'LIMIT', 0, 100)
for _, actor in ipairs(over) do tellHeld(actor, input.at, input.most) end
-- audit(…) is what tells them.
return #over
`)

/** A seal, if it follows on the last one. */
export const seal = script(`
local last = redis.call('HMGET', key('audit:sealed'), 'digest', 'call')
-- ioredis sends again what had no reply when its connection broke.
if last[2] == input.call then return 1 end
if (last[1] or '') ~= input.previous then return 0 end
audit(input.audit)
redis.call('HSET', key('audit:sealed'), 'digest', input.digest, 'to', input.to, 'at', input.at, 'call', input.call)
return 1
`)

/** Takes out what is oldest, up to a number that the last seal covers, and says so in the same call. */
export const trim = script(`
if (redis.call('HGET', key('audit:sealed'), 'digest') or '') ~= input.sealed then return 0 end
if input.to > tonumber(redis.call('HGET', key('audit:sealed'), 'to')) then return 0 end
local first = redis.call('XRANGE', key('audit'), '-', '+', 'COUNT', 1)[1]
if not first or tonumber(string.match(first[1], '^%d+')) > input.to then return 1 end
audit(input.audit)
redis.call('XTRIM', key('audit'), 'MINID', (input.to + 1) .. '-0')
return 1
`)
