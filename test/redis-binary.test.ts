import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmbeddedRedis } from '../src/queue/embedded-redis.ts'
import { findRedis } from '../src/queue/redis-binary.ts'

const systemRedis = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin']
  .flatMap((folder) => [join(folder, 'valkey-server'), join(folder, 'redis-server')])
  .some((file) => existsSync(file))

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-binary-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('finding a Redis', () => {
  it('prefers a Valkey on the path, and hands on nothing of the environment but the path', async () => {
    const tools = join(folder, 'tools')
    await mkdir(tools)
    for (const name of ['valkey-server', 'redis-server']) await writeFile(join(tools, name), '', { mode: 0o755 })
    const found = await findRedis({ folder, searchPath: tools, log: () => undefined })
    expect(found).toEqual({ command: join(tools, 'valkey-server'), env: { PATH: tools } })
  })

  it.skipIf(systemRedis)('says what to install when there is neither a Redis nor apt', async () => {
    const empty = join(folder, 'empty')
    await mkdir(empty)
    const options = { folder: join(folder, 'fresh'), searchPath: empty, log: () => undefined }
    await expect(startEmbeddedRedis(options)).rejects.toThrow(/No Redis found: .*apt-get.*Install Redis.*REDIS_URL/)
  })

  it.skipIf(systemRedis)('says why apt could not fetch one', async () => {
    const tools = join(folder, 'tools')
    await mkdir(tools)
    for (const name of ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query']) {
      await writeFile(join(tools, name), '#!/bin/sh\necho "E: no network" >&2\nexit 100\n', { mode: 0o755 })
    }
    const fresh = join(folder, 'fresh')
    const options = { folder: fresh, searchPath: tools, log: () => undefined }
    await expect(startEmbeddedRedis(options)).rejects.toThrow(/apt could not fetch it \(E: no network\).*REDIS_URL/)
    expect(existsSync(join(fresh, 'redis-unpack'))).toBe(false)
  })
})
