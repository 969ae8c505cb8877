import { parseArgs } from 'node:util'
import { startAzureSandbox } from './index.ts'

const usage = `Usage: node sandbox/azure/main.ts [--port 4567] [--token sandbox-token] [--password …] [--retry-after 1]

A pretended Azure Resource Manager. Look at it with
  curl -H 'Authorization: Bearer <token>' '<url>/subscriptions/…?api-version=2025-01-01'
  curl '<url>/__control/state'
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4567' },
    token: { type: 'string', default: 'sandbox-token' },
    password: { type: 'string', default: 'Sandbox-Passw0rd!' },
    'retry-after': { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) process.stdout.write(usage)
else await run()

async function run(): Promise<void> {
  const { token, password } = values
  const retryAfter = Number(values['retry-after'])
  const sandbox = await startAzureSandbox({ port: Number(values.port), token, password, options: { retryAfter } })
  process.stdout.write(`Azure sandbox on ${sandbox.url} (regional ${sandbox.regionalUrl}), bearer token ${token}\n`)
  process.stdout.write(`State and faults: curl ${sandbox.url}/__control/state\n`)
  const stop = () => void sandbox.close()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
