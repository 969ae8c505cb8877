import { script } from './script.ts'

/** Takes tokens from a bucket that fills by `rate` a second up to `burst`; answers 0, or the milliseconds until there are enough. */
export const takeTokens = script(`
local bucket = key('budget:' .. input.bucket)
local stored = redis.call('HMGET', bucket, 'tokens', 'at')
local at = now()
local tokens = tonumber(stored[1] or input.burst) + (at - tonumber(stored[2] or at)) * input.rate / 1000
tokens = math.min(tokens, input.burst)
local wait = 0
if tokens >= input.count then tokens = tokens - input.count
else wait = math.ceil((input.count - tokens) * 1000 / input.rate) end
redis.call('HSET', bucket, 'tokens', tostring(tokens), 'at', tostring(at))
redis.call('PEXPIRE', bucket, 3600000)
return wait
`)
