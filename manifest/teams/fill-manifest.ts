import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The releases of Microsoft's schema that a package can be made for, the newest first. */
export const schemas = ['1.30', '1.19'] as const

/** What a package is made for; `host` is the public name alone, without scheme, port or path. */
export type Wish = { appId: string; botId: string; host: string; schema: (typeof schemas)[number] }

/** What is read of the manifest here; all else goes through as it stands. */
export type TeamsManifest = {
  $schema: string
  manifestVersion: string
  supportsChannelFeatures?: string
  bots: readonly TeamsBot[]
  [other: string]: unknown
}
export type TeamsBot = {
  botId: string
  scopes: readonly string[]
  supportsTargetedMessages?: boolean
  commandLists: readonly CommandList[]
}
export type CommandList = {
  scopes: readonly string[]
  triggers?: readonly string[]
  commands: readonly { title: string; description: string }[]
}

/** The manifest with its ids and host filled in, holding nothing that the wished schema does not know. */
export function fillManifest(wish: Wish): TeamsManifest {
  const places: Readonly<Record<string, string>> = { appId: wish.appId, botId: wish.botId, host: wish.host }
  const template = readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8')
  const text = template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => places[name] ?? whole)
  const manifest: TeamsManifest = JSON.parse(text)
  return wish.schema === manifest.manifestVersion ? manifest : asOlder(manifest, wish.schema)
}

/** An older schema offers so many commands in a list; what it leaves out stands last and can be typed all the same. */
export const mostCommandsBefore = 10

/** Slash commands came with 1.29, channel features with 1.25: an older schema refuses what it does not know. */
function asOlder({ supportsChannelFeatures, ...manifest }: TeamsManifest, schema: string): TeamsManifest {
  const { $schema, manifestVersion, bots } = manifest
  return {
    ...manifest,
    $schema: $schema.replace(`/v${manifestVersion}/`, `/v${schema}/`),
    manifestVersion: schema,
    bots: bots.map(({ supportsTargetedMessages, ...bot }) => ({
      ...bot,
      commandLists: bot.commandLists.map(({ triggers, commands, ...list }) => ({
        ...list,
        commands: commands.slice(0, mostCommandsBefore),
      })),
    })),
  }
}
