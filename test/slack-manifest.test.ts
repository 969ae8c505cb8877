import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AppsManifestValidateArguments } from '@slack/web-api'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { shortcut } from '../src/bot/slack-form.ts'
import { parseCommand, verbs } from '../src/transfer/grammar.ts'

const folder = join(import.meta.dirname, '../manifest/slack')
const schema = join(import.meta.dirname, '../../shared/reference/chat/schemas/slack-manifest.2.0.0.json')
const over = { http: read('manifest.json'), socket: read('manifest.socket-mode.json') }

/** Slack's types know the names of scopes and events, which its schema does not. */
const expected = {
  display_information: { name: 'Drawbridge' },
  oauth_config: {
    scopes: {
      bot: [
        'commands',
        'chat:write',
        'chat:write.public',
        'app_mentions:read',
        'im:write',
        'im:history',
        'users:read',
        'usergroups:read',
        'channels:history',
        'groups:history',
      ],
    },
  },
  settings: {
    event_subscriptions: { bot_events: ['app_home_opened', 'app_mention', 'message.im', 'subteam_members_changed'] },
  },
} satisfies AppsManifestValidateArguments['manifest']

test.skipIf(!existsSync(schema)).each(Object.entries(over))('the manifest for %s is valid', (_mode, manifest) => {
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    JSON.parse(readFileSync(schema, 'utf8')),
  )
  expect(validate(manifest) ? [] : validate.errors).toEqual([])
})

test.each(Object.entries(over))(
  'the manifest for %s asks for every scope and event that is used, and for no other',
  (_mode, manifest) => {
    expect(manifest.oauth_config.scopes.bot).toEqual(expected.oauth_config.scopes.bot)
    expect(manifest.oauth_config.scopes.bot_optional).toEqual(['channels:history', 'groups:history'])
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(expected.settings.event_subscriptions.bot_events)
  },
)

test('both manifests are the same but for the way in', () => {
  const { http, socket } = structuredClone(over)
  for (const command of http.features.slash_commands) {
    expect(command.url).toBe('https://drawbridge.example.com/slack/events')
    expect(command.should_escape).toBe(true)
    delete command.url
  }
  delete http.settings.event_subscriptions.request_url
  expect(http.settings.interactivity.message_menu_options_url).toBe(http.settings.interactivity.request_url)
  delete http.settings.interactivity.request_url
  delete http.settings.interactivity.message_menu_options_url
  expect({ ...http, settings: { ...http.settings, socket_mode_enabled: true } }).toEqual(socket)
})

test.each(Object.entries(over))('the bot understands every slash command of the manifest for %s', (_mode, manifest) => {
  const typed = manifest.features.slash_commands.flatMap(({ command, usage_hint }) =>
    usage_hint.split(' | ').flatMap((hint) => [plainest(hint), fullest(hint)].map((rest) => `${command} ${rest}`)),
  )
  expect([...new Set(typed)].map((line) => [line, parseCommand(line).kind])).toEqual([
    ['/export orders to backups', 'export'],
    ['/export orders to backups/container/blob --reason "…"', 'export'],
    ['/import backups/container/blob to orders', 'import'],
    ['/import backups/container/blob to orders --create --reason "…"', 'import'],
    ['/drawbridge help', 'help'],
    ['/drawbridge pending', 'pending'],
    ['/drawbridge list', 'list'],
    ['/drawbridge list --since 7d', 'list'],
    ['/drawbridge status k7m2p9qx', 'status'],
    ['/drawbridge why k7m2p9qx', 'why'],
    ['/drawbridge history orders', 'history'],
    ['/drawbridge retry k7m2p9qx', 'retry'],
    ['/drawbridge cancel k7m2p9qx', 'cancel'],
    ['/drawbridge withdraw k7m2p9qx', 'withdraw'],
  ])
})

test.each(Object.entries(over))(
  'the shortcut of the manifest for %s is the one that opens a form',
  (_mode, manifest) => {
    expect(manifest.features.shortcuts).toMatchObject([{ type: 'global', callback_id: shortcut }])
  },
)

test.each(Object.entries(over))(
  'the app of the manifest for %s has a Home tab and a tab for messages',
  (_mode, manifest) => {
    const tabs = { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false }
    expect(manifest.features.app_home).toEqual(tabs)
  },
)

test('the hints name every verb but the one for operators', () => {
  const hinted = over.http.features.slash_commands.flatMap(({ command, usage_hint }) =>
    usage_hint.split(' | ').map((hint) => parseCommand(`${command} ${plainest(hint)}`).kind),
  )
  expect(hinted.toSorted()).toEqual(verbs.filter((verb) => verb !== 'settle').toSorted())
})

test('a hint that the bot does not understand would be noticed', () => {
  expect(() => parseCommand(`/import ${plainest('<storage> to <database>')}`)).toThrow('missing_blob')
  expect(() => parseCommand(`/drawbridge ${plainest('show <id>')}`)).toThrow('unknown_verb')
})

const values: Readonly<Record<string, string>> = {
  database: 'orders',
  storage: 'backups',
  id: 'k7m2p9qx',
  container: 'container',
  blob: 'blob',
}

/** A usage hint as it is typed with all that is optional left out. */
function plainest(hint: string): string {
  return fullest(hint.replaceAll(/\s*\[(?:[^[\]]|\[[^\]]*\])*\]/g, ''))
}

/** A usage hint as it is typed with all that is optional. */
function fullest(hint: string): string {
  return hint.replaceAll(/[[\]]/g, '').replaceAll(/<(\w+)>/g, (whole, name: string) => values[name] ?? whole)
}

type Read = {
  features: {
    app_home: object
    shortcuts: { type: string; callback_id: string }[]
    slash_commands: { command: string; url?: string; usage_hint: string; should_escape: boolean }[]
  }
  oauth_config: { scopes: { bot: string[]; bot_optional: string[] } }
  settings: {
    event_subscriptions: { request_url?: string; bot_events: string[] }
    interactivity: { is_enabled: boolean; request_url?: string; message_menu_options_url?: string }
    socket_mode_enabled: boolean
  }
}

function read(name: string): Read {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}
