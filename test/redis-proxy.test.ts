import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestRedis, type TestRedis } from './support/redis.ts'
import { type RedisProxy, startRedisProxy } from './support/redis-proxy.ts'
import { until } from './support/until.ts'

const patient = { retryStrategy: () => 10, maxLoadingRetryTime: 20, maxRetriesPerRequest: null }

let redis: TestRedis
let proxy: RedisProxy
let direct: Redis
let client: Redis

beforeAll(async () => {
  redis = await startTestRedis()
})

beforeEach(async () => {
  proxy = await startRedisProxy({ target: redis.path })
  direct = connect(redis.path)
  client = connect(proxy.path)
  await direct.flushall()
})

afterEach(async () => {
  client.disconnect()
  direct.disconnect()
  await proxy.close()
})

afterAll(() => redis.stop())

describe('the Redis proxy', () => {
  it('keeps the order and every byte of pipelined commands and replies, over the socket and over TCP', async () => {
    for (const address of [proxy.path, proxy.url]) {
      const proxied = connect(address)
      const binary = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256))
      const replies = await Promise.all([
        ...Array.from({ length: 2_000 }, () => proxied.incr(address)),
        proxied.set('binary', binary),
        proxied.getBuffer('binary'),
      ])
      expect(replies.slice(0, 2_000)).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1))
      expect(replies.at(-1)).toEqual(binary)
      proxied.disconnect()
    }
  })

  it('keeps the order when hooks take their time, and commands arrive meanwhile', async () => {
    let turn = 0
    proxy.onCommand(async () => {
      for (let ping = turn++ % 3; ping < 2; ping++) await direct.ping()
      return undefined
    })
    const sent: Promise<number>[] = []
    for (let index = 0; index < 100; index++) {
      sent.push(client.rpush('list', index))
      await direct.ping()
    }
    expect(await Promise.all(sent)).toEqual(sent.map((_, index) => index + 1))
    expect(await direct.lrange('list', 0, -1)).toEqual(sent.map((_, index) => String(index)))
  })

  it.each([2, 3] as const)('passes nested, empty and pushed replies of RESP%i', async (protocol) => {
    const proxied = connect(proxy.path, protocol)
    expect(await proxied.eval("return {1, {'a', {}}, false, 'end'}", 0)).toEqual([1, ['a', []], null, 'end'])
    expect(await proxied.multi().set('key', 'value').get('key').exec()).toEqual([
      [null, 'OK'],
      [null, 'value'],
    ])
    await proxied.hset('hash', { one: '1', two: '2' })
    expect(await proxied.hgetall('hash')).toEqual({ one: '1', two: '2' })
    const heard = once(proxied, 'message')
    await proxied.subscribe('news')
    await direct.publish('news', 'it works')
    expect(await heard).toEqual(['news', 'it works'])
    await proxied.unsubscribe('news')
    expect(await proxied.get('key')).toBe('value')
    proxied.disconnect()
  })

  it('tells each command before Redis sees it and after Redis has answered', async () => {
    await client.set('key', 'old')
    const seen: string[] = []
    proxy.onCommand(async ({ name, args }, phase) => {
      if (name === 'set') seen.push(`${phase} ${args.join('=')}: ${await direct.get('key')}`)
      return undefined
    })
    await Promise.all([client.set('key', 'new'), client.set('key', 'newer')])
    // The second command of a pipeline may reach Redis before the first is answered, never the other way round.
    expect(seen.filter((line) => line.startsWith('before'))[0]).toBe('before key=new: old')
    expect(seen.at(-1)).toBe('after key=newer: newer')
    expect(seen.findIndex((line) => line.startsWith('after key=new:'))).toBeGreaterThan(0)
  })

  it('names a script by its hash and its first key, and a removed hook hears no more', async () => {
    const hash = String(await direct.script('LOAD', "return redis.call('incr', KEYS[1])"))
    const calls: string[][] = []
    const remove = proxy.onCommand(({ name, args }, phase) => {
      if (name === 'evalsha' && phase === 'before') calls.push(args)
      return undefined
    })
    await client.evalsha(hash, 1, 'counter')
    remove()
    expect(await client.evalsha(hash, 1, 'counter')).toBe(2)
    expect(calls).toEqual([[hash, '1', 'counter']])
  })

  it('cuts before a call so that Redis never sees it, and after a call so that the client never hears', async () => {
    const once = connect(proxy.path, 3, { maxRetriesPerRequest: 0 })
    await once.ping()
    for (const phase of ['before', 'after']) {
      const remove = proxy.onCommand((command, at) => (command.name === 'set' && at === phase ? 'cut' : undefined))
      await expect(once.set(phase, 'x')).rejects.toThrow()
      remove()
      await until(() => once.status === 'ready')
    }
    expect(await direct.mget('before', 'after')).toEqual([null, 'x'])
    once.disconnect()
  })

  it('kills a client process before or after its nth call', async () => {
    for (const [phase, count] of [
      ['before', '2'],
      ['after', '3'],
    ] as const) {
      await direct.del('count')
      const child = spawnCounter(proxy.path)
      const exited = once(child, 'exit')
      let calls = 0
      const remove = proxy.onCommand(async ({ name }, at) => {
        if (name !== 'incr' || at !== phase || ++calls !== 3) return undefined
        child.kill('SIGKILL')
        await exited
        return 'cut'
      })
      expect(await exited).toEqual([null, 'SIGKILL'])
      remove()
      expect(await direct.get('count')).toBe(count)
    }
  })

  it('hangs and goes on without losing a command, also one whose client gave up', async () => {
    const impatient = connect(proxy.path, 3, { commandTimeout: 100 })
    await impatient.ping()
    proxy.pause()
    await expect(impatient.set('late', 'yes')).rejects.toThrow('timed out')
    impatient.disconnect()
    expect(await direct.get('late')).toBeNull()
    proxy.resume()
    await until(async () => (await direct.get('late')) === 'yes')
  })

  it('holds back a reply that was on its way when it began to hang', async () => {
    let answered = false
    const paused = new Promise<void>((resolve) => {
      proxy.onCommand(({ name }, phase) => {
        if (name !== 'set' || phase !== 'after') return undefined
        proxy.pause()
        resolve()
        return undefined
      })
    })
    const answer = client.set('key', 'value').then(() => {
      answered = true
    })
    await paused
    for (let turn = 0; turn < 50; turn++) expect(await direct.get('key')).toBe('value')
    expect(answered).toBe(false)
    proxy.resume()
    await answer
  })

  it('refuses connections while it is down, and clients come back when it is up', async () => {
    await client.ping()
    const lost = once(client, 'close')
    await proxy.down()
    await lost
    await expect(connectOnce(proxy.path)).rejects.toThrow('ENOENT')
    await expect(connectOnce(proxy.url)).rejects.toThrow('ECONNREFUSED')
    await proxy.up()
    expect(await client.ping()).toBe('PONG')
  })

  it('delays a pipeline once', async () => {
    await client.ping()
    proxy.setLatency(100)
    const start = performance.now()
    await Promise.all(Array.from({ length: 50 }, () => client.incr('slow')))
    expect(performance.now() - start).toBeGreaterThan(95)
    expect(performance.now() - start).toBeLessThan(1_000)
  })

  it('reports what a hook threw', async () => {
    const broken = await startRedisProxy({ target: redis.path })
    broken.onCommand(() => {
      throw new Error('the test is wrong')
    })
    await expect(connectOnce(broken.path)).rejects.toThrow()
    await expect(broken.close()).rejects.toThrow('the test is wrong')
  })
})

describe('the Redis of a test', () => {
  it('keeps acknowledged writes when it is killed, and shows its bytes on disk', async () => {
    await direct.set('acknowledged', 'on disk')
    expect(await redis.aofContents()).toContain('acknowledged')
    await redis.kill()
    await redis.restart()
    expect(await direct.get('acknowledged')).toBe('on disk')
  })

  it('can hang and go on', async () => {
    redis.stopProcess()
    const answer = direct.set('key', 'value')
    const patient = connect(redis.path, 3, { commandTimeout: 100 })
    await expect(patient.ping()).rejects.toThrow('timed out')
    patient.disconnect()
    redis.cont()
    expect(await answer).toBe('OK')
  })
})

function connect(address: string, protocol: 2 | 3 = 3, options = {}): Redis {
  const redis = new Redis(address, { protocol, ...patient, ...options })
  redis.on('error', () => undefined)
  return redis
}

async function connectOnce(address: string): Promise<void> {
  const once = new Redis(address, { lazyConnect: true, retryStrategy: () => null })
  let reason: Error | undefined
  once.on('error', (error) => {
    reason = error
  })
  await once.connect().catch((error) => {
    throw reason ?? error
  })
  once.disconnect()
}

function spawnCounter(path: string): ChildProcess {
  const script = `import { Redis } from 'ioredis'
    const redis = new Redis(process.argv[1])
    for (;;) await redis.incr('count')`
  return spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: 'inherit' })
}
