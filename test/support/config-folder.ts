import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Config, Role } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { ConfigError } from '../../src/config/problems.ts'

const root = join(import.meta.dirname, '..', '..')

/** The files that a newcomer copies. */
export const exampleFile = join(root, 'drawbridge.example.yaml')
export const exampleText = readFileSync(exampleFile, 'utf8')
export const exampleEnvFile = join(root, '.env.example')

/** The subscription of the example, and ids in it. */
export const guid = '11111111-1111-1111-1111-111111111111'
export const group = `/subscriptions/${guid}/resourceGroups/rg-data/providers`
export const databaseId = (server: string, name: string) => `${group}/Microsoft.Sql/servers/${server}/databases/${name}`
export const accountId = (name: string) => `${group}/Microsoft.Storage/storageAccounts/${name}`

/** All that the roles need for the example file; every value holds the word `hidden`. */
export const plain = {
  SLACK_BOT_TOKEN: 'xoxb-bot-hidden-1',
  SLACK_APP_TOKEN: 'xapp-app-hidden-2',
  SLACK_SIGNING_SECRET: 'signing-hidden-3',
  SQL_PROD_PASSWORD: 'prod-hidden-4',
  SQL_TEST_PASSWORD: 'test-hidden-5',
}

/** Tenants and people of Teams: Sam has an account in each chat. */
export const tenant = '22222222-2222-2222-2222-222222222222'
export const otherTenant = '33333333-3333-3333-3333-333333333333'
export const sam = '5a000000-0000-4000-8000-000000000002'
export const ola = '5a000000-0000-4000-8000-000000000009'
export const channel = '19:Kk8n0ZfWnGy-F7fWgcQ1ZxBd2m4tTgYh3uVqLr5sXw_1@thread.tacv2'

/** Teams as most have it, beside the Slack of the example. */
export const teams = { tenant, appId: '44444444-4444-4444-4444-444444444444', credential: { kind: 'secret' } }
export const plainTeams = { ...plain, TEAMS_APP_PASSWORD: 'teams-hidden-9' }
export const withTeams = put('teams', teams)

/** A private key as it comes in a PEM file. */
export const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey

/** The example file with the parts that it leaves out. */
export const wholeExampleText = exampleText.replaceAll(/^#\| /gm, '')

/** A parsed YAML file that tests may change. */
export type Tree = { [key: string]: Tree } & { [index: number]: Tree }
export type Change = (file: Tree) => void
export type Given = { change?: Change; yaml?: string; environment?: Record<string, string | undefined>; role?: Role }

/** A new folder for each test, in which the example file is loaded with a change or two. */
export function useConfigFolder() {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drawbridge-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const load = ({ change, yaml = exampleText, environment = plain, role = 'all' }: Given = {}): Config => {
    const file = parse(yaml === exampleText ? yaml : '{}')
    change?.(file)
    writeFileSync(join(folder, 'drawbridge.yaml'), change ? stringify(file, { aliasDuplicateObjects: false }) : yaml)
    return loadConfig({ folder, role, environment })
  }
  const problemsOf = (given: Given): readonly string[] => {
    try {
      load(given)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
    return []
  }
  return { path: (name = '') => join(folder, name), load, problemsOf }
}

/** One change after the other. */
export function all(...changes: readonly Change[]): Change {
  return (file) => {
    for (const change of changes) change(file)
  }
}

/** Sets the value at a path such as `rules.0.name`, or takes it out when it is undefined. */
export function put(path: string, value: unknown): Change {
  return (file) => {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const parent = keys.reduce<Tree>((at, key) => at[key] as Tree, file)
    if (value === undefined) delete parent[last]
    // A copy: other changes go into it.
    else (parent as Record<string, unknown>)[last] = structuredClone(value)
  }
}

/** The lines `<key of the file> = <what is put there> => <how the line about it begins>` of a table. */
export function refusalsIn(table: string) {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, path = '', value = '', start = ''] = /^(\S+) = (.*) => (.*)$/.exec(line) ?? []
      return { path, value: value === 'undefined' ? undefined : (JSON.parse(value) as unknown), start }
    })
}
