import { parseArgs } from 'node:util'
import { startTeamsSandbox } from './index.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4569' },
    'deliver-to': { type: 'string' },
    'app-password': { type: 'string' },
    'rate-limits': { type: 'string', default: 'generous' },
  },
})
const teams = await startTeamsSandbox({
  port: Number(values.port),
  rateLimits: values['rate-limits'] as 'off' | 'generous' | 'real',
  ...(values['deliver-to'] && { deliverTo: values['deliver-to'] }),
  ...(values['app-password'] && { appPassword: values['app-password'] }),
})
process.stdout.write(`Teams sandbox on ${teams.url} (levers: ${teams.url}/__control)

service URL    ${teams.serviceUrl}
token endpoint ${teams.url}/${teams.tenantId}/oauth2/v2.0/token
OpenID         ${teams.url}/v1/.well-known/openidconfiguration
app id         ${teams.appId}
app password   ${teams.appPassword}
tenant         ${teams.tenantId}
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void teams.close())
