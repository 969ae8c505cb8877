import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyFileName, makeKeyFile } from '../src/audit/key-file.ts'
import { readPublicKey, readSigningKey } from '../src/audit/signing-key.ts'
import { newPem } from './support/audit.ts'
import { plain, put, privateKey as rsa, useConfigFolder } from './support/config-folder.ts'

const { load, path, problemsOf } = useConfigFolder()
const pem = newPem()

describe('the key of the seals', () => {
  test.each(['all', 'bot', 'worker'] as const)('is given to the role %s, on one line or on several', (role) => {
    for (const written of [pem, pem.trim().replaceAll('\n', '\\n')]) {
      const config = load({ role, environment: { ...plain, AUDIT_SIGNING_KEY: written } })
      expect(readSigningKey(config.secrets.auditSigningKey() ?? '').public.id).toBe(readPublicKey(pem).id)
      expect(inspect(config, { depth: 9 })).not.toContain(pem.split('\n')[1])
    }
  })

  test('may be in a file, relative to the folder', () => {
    writeFileSync(path('seal.pem'), pem)
    const config = load({ environment: { ...plain, AUDIT_SIGNING_KEY_FILE: 'seal.pem' } })
    expect(config.secrets.auditSigningKey()).toBe(pem)
    expect(load().secrets.auditSigningKey()).toBeUndefined()
  })

  test('is refused where it cannot sign, without being shown', () => {
    const publicPem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const wrong of ['', 'hidden-key-7', rsa, publicPem]) {
      const problems = problemsOf({ environment: { ...plain, AUDIT_SIGNING_KEY: wrong } })
      expect(problems).toEqual([
        expect.stringMatching(/^AUDIT_SIGNING_KEY: is not a key that can sign .*openssl genpkey/),
      ])
      expect(problems.join()).not.toContain('hidden')
    }
    writeFileSync(path('rsa.pem'), rsa)
    const file = (AUDIT_SIGNING_KEY_FILE: string, more = {}) =>
      problemsOf({ environment: { ...plain, AUDIT_SIGNING_KEY_FILE, ...more } })
    expect(file('rsa.pem')).toEqual([expect.stringContaining('AUDIT_SIGNING_KEY_FILE: names a file that holds no key')])
    expect(file('gone.pem')).toEqual([expect.stringContaining('names a file that cannot be read')])
    expect(file('rsa.pem', { AUDIT_SIGNING_KEY: pem })).toEqual([
      expect.stringContaining('is set beside AUDIT_SIGNING_KEY'),
    ])
  })
})

describe('audit.keep', () => {
  test('is a time, also of years, and nothing is taken out without it', () => {
    expect(load().audit).toEqual({})
    expect(load({ change: put('audit', null) }).audit).toEqual({})
    expect(load({ change: put('audit', { keep: '400d' }) }).audit).toEqual({ keep: 400 * 86_400_000 })
    expect(problemsOf({ change: put('audit', { keep: 400 }) })).toEqual([expect.stringMatching(/^audit\.keep: .*400d/)])
    expect(problemsOf({ change: put('audit', { kept: '1d' }) })).toEqual([
      expect.stringMatching(/^audit\.kept: .*keep/),
    ])
  })
})

describe('what tells that the configuration changed', () => {
  test('is the same in every role, whatever the port, and another one when a rule is', () => {
    const written = (given: Parameters<typeof load>[0]) => JSON.stringify(load(given).written)
    const [bot, worker] = (['bot', 'worker'] as const).map((role) => written({ role }))
    expect(worker).toBe(bot)
    expect(written({ change: put('server.port', 8080) })).toBe(bot)
    expect(written({ change: put('rules.0.expiry', '7h') })).not.toBe(bot)
    expect(bot).not.toContain('hidden')
  })
})

describe('a key that nobody gave', () => {
  let folder: string
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'audit-key-')), '.drawbridge')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('is made once, for the owner alone, also by twenty at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => makeKeyFile(folder)))
    expect(new Set(all.map((each) => each.pem)).size).toBe(1)
    expect(all.filter(({ made }) => made)).toHaveLength(1)
    expect(await makeKeyFile(folder)).toEqual({ pem: all[0]?.pem, made: false })
    expect(statSync(join(folder, keyFileName)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual([keyFileName])
    expect(readSigningKey(all[0]?.pem ?? '').public.id).toMatch(/^[0-9a-f]{16}$/)
  })
})
