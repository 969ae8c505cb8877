import type { Context } from '@slack/bolt'
import { answerLimit, toMrkdwn } from '../cards/mrkdwn.ts'
import type { Operation } from '../transfer/model.ts'
import type { Command } from '../transfer/ports.ts'
import { answerInTime } from './answer-in-time.ts'
import type { Asker } from './slack-answers.ts'
import type { BotUser } from './slack-bot-user.ts'
import { type Forms, openForm } from './slack-forms.ts'
import { slackId } from './slack-ids.ts'
import { botUserOf, type Envelope, isTyped, personOf, type Said, speaker, withoutMention } from './slack-payloads.ts'

/** What the listeners need. */
export type Listening = Forms & { botUser: BotUser }

/** Slash commands (without words, `/export` and `/import` open a form), mentions and direct messages become commands; group changes go to the directory. */
export function listenToCommands(listening: Listening): void {
  const { app, team, handlers } = listening
  slash(listening, '/export', (text) => `export ${text}`.trim(), 'export')
  slash(listening, '/import', (text) => `import ${text}`.trim(), 'import')
  slash(listening, '/drawbridge', (text) => text.trim())
  app.event('app_mention', ({ event, body, context }) =>
    hear(listening, event as Said, body as Envelope, acknowledgeOf(context)),
  )
  app.event('message', async ({ event, body, context }) => {
    const said = event as unknown as Said
    if (said.channel_type === 'im') await hear(listening, said, body as Envelope, acknowledgeOf(context))
  })
  app.event('subteam_members_changed', async ({ event }) => {
    handlers.onMembershipChange(slackId({ team, id: event.subteam_id }))
  })
}

function slash(listening: Listening, name: string, words: (text: string) => string, operation?: Operation): void {
  const { app, team, handlers } = listening
  app.command(name, async ({ command, ack }) => {
    if (operation && (command.text ?? '').trim() === '') {
      await ack()
      const to = { channel: command.channel_id, user: command.user_id }
      return openForm(listening, operation, command.trigger_id, to)
    }
    const asked: Command = {
      delivery: `slack:${command.trigger_id}`,
      by: personOf(command.team_id, command.user_id),
      text: words(command.text ?? ''),
      origin: { address: slackId({ team, id: command.channel_id }) },
    }
    const { answer } = await answerInTime(() => handlers.onCommand(asked))
    const text = toMrkdwn(answer.lines, answerLimit)
    await (text === '' ? ack() : ack({ response_type: 'ephemeral', text }))
  })
}

async function hear(
  listening: Listening,
  said: Said,
  envelope: Envelope,
  acknowledge: () => Promise<void>,
): Promise<void> {
  const { team, handlers, answers, botUser } = listening
  const own = botUserOf(envelope) ?? botUser.known().botUserId
  const by = speaker(said, envelope)
  if (by === undefined || said.user === undefined || !isTyped(said, own)) return
  const { channel, ts, thread_ts } = said
  const asked: Command = {
    delivery: `slack:${channel}:${ts}`,
    by,
    text: withoutMention(said.text ?? '', own),
    origin: {
      address: slackId({ team, id: channel }),
      thread: slackId({ team, id: channel, ts: thread_ts ?? ts }),
    },
  }
  const { answer } = await answerInTime(() => handlers.onCommand(asked))
  // Only now: had we crashed before, Slack would have sent the event again.
  await acknowledge()
  const to: Asker = { channel, user: said.user, thread: thread_ts }
  if (said.channel_type === 'im') await answers.inDirectMessage(to, answer)
  else await answers.inChannel(to, answer)
}

/** An event's acknowledgement, which the wrapper of the receiver holds back for us. */
function acknowledgeOf(context: Context): () => Promise<void> {
  return context.acknowledge ?? (async () => undefined)
}
