import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBudget, limits } from '../src/queue/budget.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'

let server: TestRedis
let redis: Redis

beforeAll(async () => {
  server = await startTestRedis()
  redis = new Redis({ path: server.path })
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

test('all workers share one bucket a subscription and kind, and learn how long to wait', async () => {
  const [one, other] = [
    createBudget({ redis, prefix: 'drawbridge', percent: 60 }),
    createBudget({ redis, prefix: 'drawbridge', percent: 60 }),
  ]
  const burst = limits.storage_list.burst * 0.6
  const waits = await Promise.all(
    Array.from({ length: burst + 2 }, (_, n) => (n % 2 === 0 ? one : other).take('SUB', 'storage_list', 1)),
  )
  expect(waits.filter((wait) => wait === 0)).toHaveLength(burst)
  for (const wait of waits.filter((each) => each > 0)) {
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(2_000 / (limits.storage_list.rate * 0.6))
  }
  expect(await one.take('sub', 'read', 1), 'another kind').toBe(0)
  expect(await one.take('another', 'storage_list', 1), 'another subscription').toBe(0)
})

test('the bucket fills again by the time of Redis', async () => {
  const budget = createBudget({ redis, prefix: 'refill', percent: 100 })
  expect(await budget.take('sub', 'read', limits.read.burst)).toBe(0)
  expect(await budget.take('sub', 'read', 1)).toBeGreaterThan(0)
  await expect.poll(() => budget.take('sub', 'read', 1), { timeout: 2_000, interval: 20 }).toBe(0)
})
