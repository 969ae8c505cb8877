import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import draft04 from 'ajv-draft-04'
import type { TeamsManifest } from './fill-manifest.ts'

/** What Teams would refuse in a manifest, by Microsoft's schema of its release and by what only the upload checks. */
export function manifestProblems(manifest: TeamsManifest): readonly string[] {
  const validate = new draft04.default({ strict: false, allErrors: true, validateFormats: false }).compile(
    schemaOf(manifest.manifestVersion),
  )
  const refused = validate(manifest) ? [] : (validate.errors ?? [])
  return [
    ...refused.map(({ instancePath, message, params }) => {
      const what = 'additionalProperty' in params ? ` (${params.additionalProperty})` : ''
      return `manifest.json${instancePath || '/'} ${message}${what}`
    }),
    ...channelProblems(manifest),
    ...unfilled(manifest),
  ]
}

/** Optional in the schema, but the upload refuses a bot for teams without it. */
function channelProblems({ manifestVersion, supportsChannelFeatures, bots = [] }: TeamsManifest): readonly string[] {
  const needed = minor(manifestVersion) >= 25 && bots.some(({ scopes = [] }) => scopes.includes('team'))
  return needed && supportsChannelFeatures !== 'tier1'
    ? ['manifest.json/ must have "supportsChannelFeatures": "tier1", as a bot in teams must from schema 1.25 on']
    : []
}

function unfilled(manifest: TeamsManifest): readonly string[] {
  const places = JSON.stringify(manifest).match(/\{\{[^}]*\}\}/g) ?? []
  return [...new Set(places)].map((place) => `manifest.json holds ${place}, which nothing fills in`)
}

function schemaOf(version: string): object {
  const file = `@microsoft/app-manifest/build/json-schemas/teams/v${version}/MicrosoftTeams.schema.json`
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(file), 'utf8').replace(/^\uFEFF/, ''))
}

function minor(version: string): number {
  return Number(version.split('.')[1])
}
