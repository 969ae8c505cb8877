import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { LEASE_MS } from '../lease-times.ts'
import { auditPrelude } from './audit-prelude.ts'

/** A Lua script and its SHA-1, by which Redis knows it. */
export type Script = { lua: string; sha: string }

/** The newest schema of a record that this code understands; newer ones are left alone. */
export const knownSchema = 1

const dayMs = 86_400_000

/**
 * The only key that is passed is the tag itself; every other one is built from it, so all are in one slot of a
 * cluster. The only argument is JSON. Records travel in it as opaque strings: cjson would turn `[]` into `{}`.
 */
const prelude = `
local tag = KEYS[1]
local input = cjson.decode(ARGV[1])
local record = tag .. 'transfer:' .. (input.id or '')

local function key(name) return tag .. name end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function keepAnswer(once)
  if once then redis.call('SET', key('idem:' .. once.delivery), once.answer, 'PX', ${dayMs}) end
end

local function answered(once)
  if not once then return nil end
  local first = redis.call('GET', key('idem:' .. once.delivery))
  if first then return { 'repeat', first } end
  if now() > once.notAfter then return { 'late' } end
  return nil
end

local function holds(lease)
  local stored = redis.call('HMGET', record, 'owner:' .. lease.role, 'until:' .. lease.role)
  return stored[1] == lease.owner and tonumber(stored[2]) > now()
end

local function retime(due)
  for role, at in pairs(due) do
    if at == false then
      redis.call('ZREM', key('due:' .. role), input.id)
    else
      redis.call('ZADD', key('due:' .. role), at, input.id)
    end
  end
end

-- What came from another owner since this lease began was not seen by its holder: look again at once.
local function retimeHeld(lease, due)
  local unseen = 'unseen:' .. lease.role
  if due[lease.role] and redis.call('HDEL', record, unseen) == 1 then due[lease.role] = 0 end
  retime(due)
end
`

/** A script with the helpers that all of them share, and those of the audit where it writes any. */
export function script(body: string): Script {
  const helpers = body.includes('audit(') ? `${prelude}${auditPrelude}` : prelude
  const lua = `${helpers}${body.replaceAll('LEASE_MS', String(LEASE_MS)).replaceAll('KNOWN_SCHEMA', String(knownSchema))}`
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Runs a script by its SHA-1, and with its text where Redis does not know it (any more). */
export async function runScript(redis: Redis, { lua, sha }: Script, tag: string, input: unknown): Promise<unknown> {
  const args = [`${tag}:`, JSON.stringify(input)] as const
  try {
    return await redis.evalsha(sha, 1, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return redis.eval(lua, 1, ...args)
  }
}
