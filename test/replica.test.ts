import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConnections } from '../src/queue/connection.ts'
import { createStore } from '../src/queue/store.ts'
import { quietLog as log } from './support/quiet-log.ts'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { askedAt, nextOf, onceOf, requestedOf, transferOf } from './support/transfers.ts'
import { until } from './support/until.ts'

let primary: TestRedis
let replica: TestRedis

beforeAll(async () => {
  primary = await startTestRedis()
  replica = await startTestRedis()
})
afterAll(() => Promise.all([primary.stop(), replica.stop()]))

test('an intent is acted on only when a replica holds it too', async () => {
  const port = 20_000 + (process.pid % 20_000)
  const [first, second] = [new Redis({ path: primary.path }), new Redis({ path: replica.path })]
  await first.config('SET', 'port', String(port), 'repl-diskless-sync-delay', '0')
  await second.replicaof('127.0.0.1', port)
  await until(async () => (await first.info('replication')).includes('state=online'))
  const connections = createConnections({ target: { path: primary.path }, log })
  await connections.ready()
  const store = createStore({ redis: connections.forWork, prefix: 'drawbridge', log })
  await store.ready()
  const transfer = transferOf('aaaa2222')
  await store.create(transfer, requestedOf(transfer), onceOf('d1', store.notAfter(5_000)), { advance: 0 })
  const intent = (token: string) => ({ submit: { token, at: askedAt, attempt: 1 } })

  const one = nextOf(transfer)
  expect(await store.commit({ ...one, due: {}, effects: intent('one') })).toEqual({ kind: 'committed' })
  replica.stopProcess()
  const two = nextOf(one.next)
  await expect(store.commit({ ...two, due: {}, effects: intent('two') })).rejects.toThrow(/NotReplicated/)
  expect((await store.read('aaaa2222'))?.effects.submit?.token, 'stored, to be looked for').toBe('two')
  replica.cont()
  const three = nextOf(two.next)
  expect(await store.commit({ ...three, due: {}, effects: intent('three') })).toEqual({ kind: 'committed' })
  await connections.close()
  first.disconnect()
  second.disconnect()
})
