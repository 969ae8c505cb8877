import { parseArgs } from 'node:util'
import { startSlackSandbox } from './index.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4568' },
    'deliver-to': { type: 'string' },
    'signing-secret': { type: 'string' },
    'bot-token': { type: 'string' },
    'app-token': { type: 'string' },
    'no-history-scope': { type: 'boolean', default: false },
    'rate-limits': { type: 'string', default: 'generous' },
  },
})
const slack = await startSlackSandbox({
  port: Number(values.port),
  historyScope: !values['no-history-scope'],
  rateLimits: values['rate-limits'] as 'off' | 'generous' | 'real',
  ...(values['deliver-to'] && { deliverTo: values['deliver-to'] }),
  ...(values['bot-token'] && { botToken: values['bot-token'] }),
  ...(values['app-token'] && { appToken: values['app-token'] }),
  ...(values['signing-secret'] && { signingSecret: values['signing-secret'] }),
})
process.stdout.write(`Slack sandbox on ${slack.url} (levers: ${slack.url}/__control)

SLACK_API_URL=${slack.apiUrl}
SLACK_BOT_TOKEN=${slack.botToken}
SLACK_APP_TOKEN=${slack.appToken}
SLACK_SIGNING_SECRET=${slack.signingSecret}
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void slack.close())
