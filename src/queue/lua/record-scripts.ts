import { room } from './room-script.ts'
import { script } from './script.ts'

// Redis does not undo what a failed script has written. So everything is checked first, and the first write is one
// that Redis refuses when it has no memory or no disk (INCR), never one that only removes.

/** A new transfer with guard, indexes, audit and answer, or why not. */
export const create = script(`${room}
local no = answered(input.once)
if no then return no end
local holder = redis.call('GET', key('guard:' .. input.database))
if holder and input.guards then return { 'guarded', holder } end
local open = redis.call('ZCARD', key('open:' .. input.requester))
if open >= input.maxOpen then return { 'limit', tostring(open) } end
if redis.call('EXISTS', record) == 1 then return { 'taken' } end
local full = crowded(input.room)
if full then return full end

audit(input.audit)
redis.call('HSET', record, 'v', input.version, 'schema', input.schema, 'status', input.status, 'doc', input.doc)
if input.guards then redis.call('SET', key('guard:' .. input.database), input.id) end
for _, index in ipairs({ 'all', 'open:' .. input.requester, 'by-status:' .. input.status,
  'by-requester:' .. input.requester, 'by-database:' .. input.database }) do
  redis.call('ZADD', key(index), input.at, input.id)
end
enter(input.room)
retime(input.due)
keepAnswer(input.once)
return { 'created' }
`)

/** The next version of a transfer, if nobody wrote one since the version before was read. */
export const commit = script(`${room}
local no = answered(input.once)
if no then return no end
local stored = redis.call('HMGET', record, 'v', 'schema', 'status', 'call')
if not stored[1] then return { 'conflict' } end
-- ioredis sends again what had no reply when its connection broke: the second time is not a conflict.
if stored[1] == tostring(input.version) and stored[4] == input.call then return { 'committed' } end
if input.lease and not holds(input.lease) then return { 'lost' } end
if tonumber(stored[1]) ~= input.version - input.events then return { 'conflict' } end
if tonumber(stored[2]) > KNOWN_SCHEMA then return { 'conflict' } end
local full = crowded(input.room)
if full then return full end

local function setEffect(slot, effect)
  local fx, result, by = 'fx:' .. slot, 'result:' .. slot, 'by:' .. slot
  if effect == false then return redis.call('HDEL', record, fx, result, by) end
  local before = redis.call('HGET', record, fx)
  local same = before and cjson.decode(before).token == effect.token
  redis.call('HSET', record, fx, effect.doc, by, input.lease and input.lease.owner or '')
  if effect.result then
    redis.call('HSET', record, result, effect.result)
  elseif not same then
    redis.call('HDEL', record, result)
  end
end

audit(input.audit)
redis.call('HSET', record, 'v', input.version, 'schema', input.schema, 'status', input.status, 'doc', input.doc,
  'call', input.call)
redis.call('HDEL', record, 'tries:advance', 'tries:show')
for slot, effect in pairs(input.effects) do setEffect(slot, effect) end
enter(input.room)
if stored[3] ~= input.status then
  redis.call('ZREM', key('by-status:' .. stored[3]), input.id)
  redis.call('ZADD', key('by-status:' .. input.status), input.since, input.id)
end
if input.final then
  redis.call('ZREM', key('open:' .. input.requester), input.id)
  redis.call('ZREM', key('open-rule:' .. input.rule), input.id)
end
local guard = key('guard:' .. input.database)
if input.free and redis.call('GET', guard) == input.id then redis.call('DEL', guard) end
if input.lease then retimeHeld(input.lease, input.due) else retime(input.due) end
keepAnswer(input.once)
return { 'committed' }
`)

/** The answer to a delivery that changed nothing, and its line in the audit unless the actor has had too many. */
export const remember = script(`
local no = answered(input.once)
if no then return no end
local held = isHeld(input.limit)
if not held then audit(input.audit) end
keepAnswer(input.once)
return { held and 'held' or 'kept' }
`)
