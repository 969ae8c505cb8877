import type { Environment } from './environment.ts'
import type { Path } from './problems.ts'
import { pathText } from './problems.ts'
import { isGroup } from './salvage.ts'

/** With `takesAway` an empty value takes the key out of the file; without it an empty value is a mistake. */
type Override = { variable: string; path: Path; read: (value: string) => unknown; takesAway?: true }

const same = (value: string) => value
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value)
const words = (value: string) => value.split(',').map((word) => word.trim())

/** Variables that stand in for a key of the file: the sandbox is reached with an unchanged drawbridge.example.yaml. */
const overrides: readonly Override[] = [
  { variable: 'DRAWBRIDGE_SLACK_API_URL', path: ['slack', 'apiUrl'], read: same },
  { variable: 'DRAWBRIDGE_SLACK_MODE', path: ['slack', 'mode'], read: same },
  { variable: 'DRAWBRIDGE_TEAMS_SANDBOX_URL', path: ['teams', 'sandboxUrl'], read: same },
  { variable: 'DRAWBRIDGE_TEAMS_APP_ID', path: ['teams', 'appId'], read: same, takesAway: true },
  { variable: 'DRAWBRIDGE_RESOURCE_MANAGER_URL', path: ['azure', 'resourceManagerUrl'], read: same },
  { variable: 'DRAWBRIDGE_KEY_VAULT_URL', path: ['azure', 'keyVaultUrl'], read: same },
  { variable: 'DRAWBRIDGE_OPERATION_HOSTS', path: ['azure', 'operationHosts'], read: words },
  {
    variable: 'DRAWBRIDGE_AZURE_TOKEN',
    path: ['azure', 'credential'],
    read: () => ({ kind: 'token', environment: 'DRAWBRIDGE_AZURE_TOKEN' }),
  },
  { variable: 'DRAWBRIDGE_PORT', path: ['server', 'port'], read: number },
  { variable: 'DRAWBRIDGE_POLL_LEAST', path: ['polls', 'least'], read: same },
  { variable: 'DRAWBRIDGE_POLL_MOST', path: ['polls', 'most'], read: same },
  { variable: 'DRAWBRIDGE_POLL_APPROVAL', path: ['polls', 'approval'], read: same },
  { variable: 'DRAWBRIDGE_POLL_CLOSING', path: ['polls', 'closing'], read: same },
]

/** A file needs only one chat, and half a section, made of nothing but an override, could only be refused. */
const chats: readonly string[] = ['slack', 'teams']

/** The file with the environment's overrides, and the variable behind each path that was overridden. */
export function applyOverrides(raw: Record<string, unknown>, environment: Environment) {
  const file = { ...raw }
  const labels = new Map<string, string>()
  for (const { variable, path, read, takesAway } of overrides) {
    const value = environment[variable]
    const [section = '', key = ''] = path.map(String)
    const group = file[section] ?? (chats.includes(section) ? undefined : {})
    if (value === undefined || isServiceLink(value) || !isGroup(group)) continue
    const empty = takesAway ? undefined : ''
    file[section] = { ...group, [key]: value.trim() === '' ? empty : read(value.trim()) }
    labels.set(pathText(path), variable)
  }
  return { file, labels }
}

/** Kubernetes sets DRAWBRIDGE_PORT to such an address in every pod beside a service called drawbridge. */
function isServiceLink(value: string): boolean {
  return value.startsWith('tcp://')
}
