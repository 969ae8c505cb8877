import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Folders of src that a folder may import, besides itself; `*` is everything. */
const everything = ['transfer', 'audit', 'cards', 'jobs', 'azure', 'queue', 'bot', 'config', 'side']
const table: Readonly<Record<string, readonly string[]>> = {
  transfer: [],
  cards: ['transfer'],
  jobs: ['transfer'],
  azure: ['transfer'],
  // What the audit means is pure; the queue keeps it.
  audit: ['transfer'],
  queue: ['transfer', 'audit'],
  bot: ['transfer', 'cards'],
  config: ['transfer'],
  // A command works on the audit, not on transfers: it reaches Redis and nothing of chat or Azure.
  cli: ['transfer', 'audit', 'queue', 'config'],
  // The composition root, in five files.
  side: everything,
  'audit-side': everything,
  'bot-side': everything,
  'worker-side': everything,
  main: [...everything, 'audit-side', 'bot-side', 'worker-side'],
}

/** SDKs that a folder may never see; the edges own them. */
const sdks: Readonly<Record<string, readonly RegExp[]>> = {
  azure: [/^@azure\//],
  queue: [/^bullmq$/, /^ioredis$/],
  bot: [/^@slack\//, /^botbuilder$/],
  cards: [/^@slack\/types$/],
  config: [],
  transfer: [],
  jobs: [],
  audit: [],
  cli: [/^ioredis$/],
  main: [],
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }))

const folderOf = (name: string): string => (name.includes('/') ? (name.split('/')[0] ?? '') : name.replace('.ts', ''))
const importsOf = (text: string): readonly { from: string; typeOnly: boolean }[] =>
  [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gm)].map(
    ([, typeOnly, from, dynamic]) => ({ from: from ?? dynamic ?? '', typeOnly: typeOnly !== undefined }),
  )

test('every folder imports only what the import table allows', () => {
  const wrong = files.flatMap(({ name, text }) =>
    importsOf(text).flatMap(({ from }) => {
      if (!from.startsWith('.')) return []
      const target = folderOf(relative(join(root, 'src'), join(root, 'src', name, '..', from)))
      const own = folderOf(name)
      return target === own || table[own]?.includes(target) ? [] : [`src/${name} imports ${from}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('the SDKs of Azure, Slack and Redis stay at their edges', () => {
  const all = /^(@azure\/|@slack\/|bullmq$|ioredis$|botbuilder|botframework)/
  const wrong = files.flatMap(({ name, text }) =>
    importsOf(text).flatMap(({ from, typeOnly }) => {
      const allowed = sdks[folderOf(name)] ?? []
      const ok = !all.test(from) || allowed.some((each) => each.test(from))
      return ok && !(folderOf(name) === 'cards' && all.test(from) && !typeOnly) ? [] : [`src/${name} imports ${from}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('one file knows the SDK of Teams, and another SDK would touch no other', () => {
  const users = files.filter(({ text }) => importsOf(text).some(({ from }) => /^(botbuilder|botframework)/.test(from)))
  expect(users.map(({ name }) => name)).toEqual(['bot/teams-sdk.ts'])
})

test('only src/config reads the environment', () => {
  const wrong = files.filter(({ name, text }) => folderOf(name) !== 'config' && /process\s*\.\s*env/.test(text))
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test('no source file passes 250 lines', () => {
  const long = files.filter(({ text }) => text.split('\n').length > 251)
  expect(long.map(({ name }) => name)).toEqual([])
})

test('nothing in src knows the sandbox, and the sandbox knows nothing of src', () => {
  const sandbox = readdirSync(join(root, 'sandbox'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /from\s+['"](\.\.\/)+src\//.test(readFileSync(join(root, 'sandbox', name), 'utf8')))
  expect(sandbox).toEqual([])
  expect(files.filter(({ text }) => /from\s+['"][^'"]*sandbox/.test(text)).map(({ name }) => name)).toEqual([])
})
