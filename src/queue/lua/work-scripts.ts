import { script } from './script.ts'

/** Moves the due times if the lease holds and the version is still the one that was read. */
export const park = script(`
if not holds(input.lease) then return 0 end
if tonumber(redis.call('HGET', record, 'v')) ~= input.version then return 0 end
retimeHeld(input.lease, input.due)
if not input.failed then redis.call('HDEL', record, 'tries:' .. input.lease.role) end
return 1
`)

/** Keeps what became of an effect: by the token of its intent, whatever version and schema the record has by now. */
export const result = script(`
local fx = redis.call('HGET', record, 'fx:' .. input.slot)
if not fx or cjson.decode(fx).token ~= input.token then return 0 end
local before = redis.call('HGET', record, 'result:' .. input.slot)
if before then return before == input.result and 1 or 0 end
audit(input.audit)
redis.call('HSET', record, 'result:' .. input.slot, input.result)
redis.call('ZADD', key('due:advance'), 0, input.id)
-- Another one holds the transfer meanwhile and may have read it before this: its park must not bury the wake.
local held = redis.call('HMGET', record, 'owner:advance', 'until:advance', 'by:' .. input.slot)
if held[1] and held[1] ~= held[3] and tonumber(held[2]) > now() then
  redis.call('HSET', record, 'unseen:advance', 1)
end
return 1
`)

/** Saves what chat shows; whoever drew an older version stays due. */
export const commitChat = script(`
if not holds(input.lease) then return 0 end
local stored = redis.call('HMGET', record, 'v', 'sv', 'chat-call')
local version = tonumber(stored[2] or 0)
if version == input.chatVersion + 1 and stored[3] == input.call then return 1 end
if version ~= input.chatVersion then return 0 end
audit(input.audit)
redis.call('HSET', record, 'sv', version + 1, 'chat', input.chat, 'chat-call', input.call)
local due = input.due
if tonumber(stored[1]) ~= input.seen then due = 0 end
if due == false then redis.call('HDEL', record, 'tries:show') end
retime({ show = due })
return 1
`)

/** Ids that are due, the longest due first; they come back by themselves unless somebody moves them. */
export const claim = script(`
local set = key('due:' .. input.role)
local ids = redis.call('ZRANGEBYSCORE', set, '-inf', input.now, 'LIMIT', 0, input.most)
for _, id in ipairs(ids) do redis.call('ZADD', set, input.now + LEASE_MS, id) end
return ids
`)

/** Takes a transfer for one job; answers which try this is, or 0. */
export const begin = script(`
local role, owner = input.lease.role, input.lease.owner
local stored = redis.call('HMGET', record, 'schema', 'owner:' .. role, 'until:' .. role, 'tries:' .. role)
if not stored[1] then
  redis.call('ZREM', key('due:' .. role), input.id)
  return 0
end
if tonumber(stored[1]) > KNOWN_SCHEMA then return 0 end
local isOurs = stored[2] == owner
if stored[2] and not isOurs and tonumber(stored[3]) > now() then
  -- If its holder is dead, whoever comes next finds it as soon as the lease is over.
  redis.call('ZADD', key('due:' .. role), 'XX', 0, input.id)
  return 0
end
redis.call('HSET', record, 'owner:' .. role, owner, 'until:' .. role, now() + LEASE_MS)
if isOurs then return tonumber(stored[4] or 1) end
redis.call('HDEL', record, 'unseen:' .. role)
return redis.call('HINCRBY', record, 'tries:' .. role, 1)
`)

/** Prolongs a lease that still holds; one that ran out is lost even if nobody took it. */
export const renew = script(`
if not holds(input.lease) then return 0 end
redis.call('HSET', record, 'until:' .. input.lease.role, now() + LEASE_MS)
return 1
`)

/** Gives a lease back, if it is still this owner's. */
export const finish = script(`
local role = input.lease.role
if redis.call('HGET', record, 'owner:' .. role) == input.lease.owner then
  redis.call('HDEL', record, 'owner:' .. role, 'until:' .. role)
end
return 1
`)

/** Working transfers that nothing would wake any more: made due, and answered. Should never find one. */
export const heal = script(`
local found = {}
for _, status in ipairs(input.statuses) do
  for _, id in ipairs(redis.call('ZRANGE', key('by-status:' .. status), 0, -1)) do
    if not redis.call('ZSCORE', key('due:advance'), id) then
      redis.call('ZADD', key('due:advance'), 0, id)
      table.insert(found, id)
    end
  end
end
return found
`)

/** The newest records of an index, after as many as are skipped, each as a flat list of fields and values. */
export const list = script(`
local found = {}
local ids = redis.call('ZREVRANGEBYSCORE', key(input.index), '+inf', input.since, 'LIMIT', input.skip, input.most)
for _, id in ipairs(ids) do
  table.insert(found, redis.call('HGETALL', key('transfer:' .. id)))
end
return found
`)
