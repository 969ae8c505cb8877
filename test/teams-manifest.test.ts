import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { strFromU8, unzipSync } from 'fflate'
import { PNG } from 'pngjs'
import { afterAll, expect, test } from 'vitest'
import { appPackage } from '../manifest/teams/app-package.ts'
import { manifestProblems } from '../manifest/teams/check-manifest.ts'
import { drawIcons } from '../manifest/teams/draw-icons.ts'
import {
  fillManifest,
  mostCommandsBefore,
  schemas,
  type TeamsManifest,
  type Wish,
} from '../manifest/teams/fill-manifest.ts'
import { helpAnswer } from '../src/cards/answers.ts'
import { forms } from '../src/cards/forms.ts'
import { Refusal } from '../src/transfer/errors.ts'
import { parseCommand, verbs } from '../src/transfer/grammar.ts'

const folder = join(import.meta.dirname, '../manifest/teams')
const scratch = mkdtempSync(join(tmpdir(), 'drawbridge-teams-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const appId = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
const botId = '9c858901-8a57-4791-81fe-4c455b099bc9'
const host = 'drawbridge.example.org'
const filled = (schema: Wish['schema'] = schemas[0]): TeamsManifest => fillManifest({ appId, botId, host, schema })
const drawn = drawIcons()
const everyList = schemas.flatMap((schema) => filled(schema).bots.flatMap(({ commandLists }) => commandLists))
const commands = everyList.flatMap((list) => list.commands)

test.each(schemas)('Teams takes the manifest for schema %s', (schema) => {
  expect(manifestProblems(filled(schema))).toEqual([])
  expect(filled(schema)).toMatchObject({ manifestVersion: schema, id: appId, bots: [{ botId }], validDomains: [host] })
  expect(filled(schema).$schema).toContain(`/v${schema}/`)
})

test('the first schema is the newest that Microsoft has released', () => {
  const known = readdirSync(
    join(import.meta.dirname, '../node_modules/@microsoft/app-manifest/build/json-schemas/teams'),
  )
  const minors = known.flatMap((name) => /^v1\.(\d+)$/.exec(name)?.[1] ?? []).map(Number)
  expect(schemas[0]).toBe(`1.${Math.max(...minors)}`)
})

const broken: Readonly<Record<string, [wrong: (manifest: Loose) => unknown, problem: RegExp]>> = {
  'has no name': [(manifest) => delete manifest.name, /'name'/],
  'has a bot without a GUID': [({ bots: [bot] }) => Object.assign(bot, { botId: 'drawbridge' }), /botId/],
  'has a key that is unknown': [(manifest) => Object.assign(manifest, { slashes: true }), /\(slashes\)/],
  'has a command of 129 characters': [({ bots: [bot] }) => retitle(bot, 'x'.repeat(129)), /title/],
  'has more commands in a list than Teams takes': [
    ({ bots: [bot] }) => bot.commandLists[0].commands.push(...fiveMore),
    /commands/,
  ],
  'has four lists': [({ bots: [bot] }) => bot.commandLists.push(...bot.commandLists), /commandLists/],
  'has a trigger that is unknown': [({ bots: [bot] }) => bot.commandLists[0].triggers.push('dash'), /triggers/],
  'is silent on channels': [
    (manifest) => delete manifest.supportsChannelFeatures,
    /"supportsChannelFeatures": "tier1"/,
  ],
  'has a place left open': [(manifest) => Object.assign(manifest, { name: { short: '{{whole}}' } }), /\{\{whole\}\}/],
}

test.each(Object.entries(broken))('a manifest that %s is refused', (_what, [breakIt, problem]) => {
  const manifest: Loose = structuredClone(filled()) as unknown as Loose
  breakIt(manifest)
  expect(manifestProblems(manifest as unknown as TeamsManifest).join('\n')).toMatch(problem)
})

test('the older schema refuses what the newer one brought, so all of it is left out', () => {
  const problems = manifestProblems({ ...filled(), manifestVersion: '1.19' }).join('\n')
  for (const key of ['supportsChannelFeatures', 'supportsTargetedMessages', 'triggers']) {
    expect(problems).toContain(`(${key})`)
    expect(JSON.stringify(filled('1.19'))).not.toContain(key)
  }
})

test('in groups and teams the commands come by mention and by slash, alone with the bot without', () => {
  const [bot] = filled().bots
  expect(bot?.supportsTargetedMessages).toBe(true)
  expect(bot?.commandLists.map(({ scopes, triggers }) => ({ scopes, triggers }))).toEqual([
    { scopes: ['personal'], triggers: ['mention'] },
    { scopes: ['team', 'groupChat'], triggers: ['mention', 'slash'] },
  ])
})

test('everywhere every verb is offered, as far as the schema takes them, within the limits of Teams', () => {
  expect(everyList).toHaveLength(4)
  expect(everyList[0]?.commands.map(({ title }) => title).sort()).toEqual([...verbs].sort())
  const most = Math.min(verbs.length, mostCommandsBefore)
  expect(everyList.map((list) => list.commands.length)).toEqual([verbs.length, verbs.length, most, most])
  for (const list of everyList) {
    expect(list.commands).toEqual(everyList[0]?.commands.slice(0, list.commands.length))
  }
  // Those of the older schema, which are the narrower ones.
  for (const { title, description } of commands) {
    expect(title.length).toBeLessThanOrEqual(32)
    expect(description.length, description).toBeLessThanOrEqual(128)
  }
})

test('a command says what help says of it', () => {
  for (const { title, description } of commands) {
    for (const line of helpAnswer(undefined, title)) {
      const [form, what] = line.map((part) => (typeof part === 'object' && 'code' in part ? part.code : String(part)))
      // Not every option has room.
      const bare = form?.replace(/^\/(drawbridge )?/, '').replace(/ \[--.*/, '')
      expect(description).toContain(bare)
      expect(description.toLowerCase()).toContain(
        what
          ?.trim()
          .toLowerCase()
          .replace(/^\(operators\) says /, ''),
      )
    }
  }
})

/** By a mention whose name the bot strips or not, from the list of slash commands, and behind the app's name. */
const waysIn = ['', '@Drawbridge ', 'Drawbridge ', '/', '/Drawbridge ']

test.each(waysIn)('the bot understands every command that is offered, typed as "%s…"', (before) => {
  for (const { title } of commands) expect(verbOf(before + title), before + title).toBe(title)
  for (const [key, form] of Object.entries(forms)) {
    const typed = before + plainest(form).replace(/^\/(drawbridge )?/, '')
    expect(parseCommand(typed).kind, typed).toBe(key.replace(/(?:Not|Of)$/, ''))
  }
})

test('a command that no bot knows would be noticed', () => {
  expect(() => verbOf('restore')).toThrow('unknown_verb')
  expect(() => verbOf('/shutdown')).toThrow('unknown_verb')
})

test.each(schemas)('the package for %s holds the manifest and both icons, and nothing else', (schema) => {
  const files = unzipSync(appPackage(filled(schema)))
  expect(Object.keys(files).sort()).toEqual(['color.png', 'manifest.json', 'outline.png'])
  expect(JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array()))).toEqual(filled(schema))
  expect(picture(files['color.png'])).toMatchObject({ width: 192, height: 192 })
  expect(picture(files['outline.png'])).toMatchObject({ width: 32, height: 32 })
  expect(appPackage(filled(schema))).toEqual(appPackage(filled(schema)))
})

test('the icons are as they are drawn', () => {
  for (const name of ['color', 'outline'] as const) {
    expect(picture(readFileSync(join(folder, `${name}.png`))).data.equals(picture(drawn[name]).data), name).toBe(true)
  }
})

test('the colour icon is solid, and its symbol stays where no mask cuts it', () => {
  const { data } = picture(drawn.color)
  const ground = data.subarray(0, 4)
  expect([...ground]).toEqual([0x1d, 0x3a, 0x5f, 255])
  const symbol = pixels(data).flatMap((pixel, i) => (pixel.equals(ground) ? [] : [[i % 192, Math.floor(i / 192)]]))
  expect(pixels(data).every((pixel) => pixel[3] === 255)).toBe(true)
  expect(symbol.length).toBeGreaterThan(3_000)
  expect(symbol.flat().every((at) => at !== undefined && at >= 36 && at < 156)).toBe(true)
})

test('the outline icon is white on transparent and nothing else', () => {
  const all = pixels(picture(drawn.outline).data)
  expect(all.every(([red, green, blue]) => red === 255 && green === 255 && blue === 255)).toBe(true)
  expect(all.filter((pixel) => pixel[3] === 0).length).toBeGreaterThan(300)
  expect(all.filter((pixel) => pixel[3] === 255).length).toBeGreaterThan(200)
})

test('one command makes the package', async () => {
  const out = join(scratch, 'made', 'drawbridge.zip')
  const { stdout } = await build('--app-id', appId.toUpperCase(), '--host', host, '--schema', '1.19', '--out', out)
  expect(stdout.trim()).toBe(out)
  const expected = fillManifest({ appId, botId: appId, host, schema: '1.19' })
  expect(readFileSync(out).equals(appPackage(expected))).toBe(true)
})

test('the package is the same in every time zone', async () => {
  const made = ['Pacific/Kiritimati', 'America/Anchorage'].map(async (zone) => {
    const out = join(scratch, `${zone.replace('/', '-')}.zip`)
    await run(['--app-id', appId, '--host', host, '--out', out], { ...process.env, TZ: zone })
    return readFileSync(out).toString('base64')
  })
  const [east, west] = await Promise.all(made)
  expect(east).toBe(west)
})

test('a command with mistakes makes nothing, and says for each what to write', async () => {
  const failed = build('--bot-id', 'drawbridge', '--host', 'https://drawbridge.example.org/', '--schema', '1.5')
  const { stderr, code } = await failed.then(
    () => ({ stderr: '', code: 0 }),
    (error: { stderr: string; code: number }) => error,
  )
  expect(code).toBe(1)
  expect(stderr.split('\n').filter((line) => line.startsWith('- '))).toEqual([
    '- --app-id is missing. Write the id of the Teams app (the Microsoft App ID of its bot will do): --app-id <guid>.',
    '- --bot-id drawbridge is no GUID. Write the Microsoft App ID of the bot: --bot-id <guid>.',
    '- --host https://drawbridge.example.org/ is no public host name. Write the public host name alone, such as drawbridge.example.com.',
    '- --schema 1.5 is not known. Write 1.30 or 1.19.',
    expect.stringContaining('npm run teams-package -- --app-id <guid>'),
  ])
})

type Loose = {
  name?: object
  supportsChannelFeatures?: string
  bots: [{ botId: string; commandLists: [{ triggers: string[]; commands: { title: string; description: string }[] }] }]
}
const fiveMore = Array.from({ length: 5 }, (_, i) => ({ title: `more ${i}`, description: 'more' }))

function retitle({ commandLists: [list] }: Loose['bots'][0], title: string): void {
  list.commands.push({ title, description: 'long' })
}

/** Which verb the bot takes a text for, be it complete or not. */
function verbOf(text: string): string {
  try {
    return parseCommand(text).kind
  } catch (error) {
    if (!(error instanceof Refusal) || /^(unknown_verb|empty)$/.test(error.code)) throw error
    const lacking: Readonly<Record<string, string>> = { missing_database: 'export', missing_source: 'import' }
    return error.facts.verb ?? lacking[error.code] ?? error.code
  }
}

/** A form with everything optional left out and the rest filled in. */
function plainest(form: string): string {
  const values: Readonly<Record<string, string>> = {
    database: 'orders',
    storage: 'backups',
    id: 'k7m2p9qx',
    container: 'dumps',
    blob: 'orders.bacpac',
  }
  return form
    .replaceAll(/\s*\[(?:[^[\]]|\[[^\]]*\])*\]/g, '')
    .replaceAll(/<([^>]+)>/g, (_, name: string) => values[name] ?? botId)
}

function picture(file: Uint8Array | undefined): PNG {
  return PNG.sync.read(Buffer.from(file ?? []))
}

function pixels(data: Buffer): readonly Buffer[] {
  return Array.from({ length: data.length / 4 }, (_, i) => data.subarray(4 * i, 4 * i + 4))
}

function build(...args: readonly string[]): Promise<{ stdout: string }> {
  return run(args, process.env)
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ stdout: string }> {
  return promisify(execFile)(process.execPath, [join(folder, 'build.ts'), ...args], { env, cwd: scratch })
}
