import type { RespondFn, webApi } from '@slack/bolt'
import { answerLimit, toMrkdwn } from '../cards/mrkdwn.ts'
import type { Answer } from '../transfer/ports.ts'
import type { Log } from './log.ts'
import { slackErrorCode } from './slack-errors.ts'

/** Where a person is to be answered; the channel is empty for what was clicked outside of any. */
export type Asker = { channel: string; user: string; thread?: string | undefined }

/** Ways to tell one person something, for their eyes only. None of them throws: what cannot be told is logged. */
export type Answers = {
  /** A message in the person's direct message with the bot. */
  inDirectMessage(to: Asker, answer: Answer): Promise<void>
  /** Visible to the person alone; a direct message where that cannot be. */
  inChannel(to: Asker, answer: Answer): Promise<void>
  /** By the address that came with the click; else like `inChannel`. */
  toClick(respond: RespondFn, to: Asker, answer: Answer): Promise<void>
}

/** Answers through the Web API and response addresses. */
export function createAnswers(client: webApi.WebClient, log: Log): Answers {
  const failed = (error: unknown, how: string) =>
    log.warn({ code: slackErrorCode(error), how }, 'an answer was not taken')

  async function post(channel: string, thread: string | undefined, text: string): Promise<boolean> {
    try {
      await client.chat.postMessage({ channel, text, unfurl_links: false, ...(thread && { thread_ts: thread }) })
      return true
    } catch (error) {
      failed(error, 'chat.postMessage')
      return false
    }
  }

  async function ephemeral({ channel, user, thread }: Asker, text: string): Promise<boolean> {
    try {
      await client.chat.postEphemeral({ channel, user, text, ...(thread && { thread_ts: thread }) })
      return true
    } catch (error) {
      failed(error, 'chat.postEphemeral')
      return false
    }
  }

  async function direct(user: string, text: string): Promise<void> {
    try {
      const { channel } = await client.conversations.open({ users: user })
      if (channel?.id) await post(channel.id, undefined, text)
    } catch (error) {
      failed(error, 'conversations.open')
    }
  }

  async function inChannel(to: Asker, { lines }: Answer): Promise<void> {
    const text = toMrkdwn(lines, answerLimit)
    if (text !== '' && (to.channel === '' || !(await ephemeral(to, text)))) await direct(to.user, text)
  }

  return {
    inChannel,
    async inDirectMessage({ channel, thread }, { lines }) {
      const text = toMrkdwn(lines, answerLimit)
      if (text !== '') await post(channel, thread, text)
    },
    async toClick(respond, to, answer) {
      const text = toMrkdwn(answer.lines, answerLimit)
      if (text === '') return
      // What was clicked in no message has no address to answer to.
      if (to.channel === '') return inChannel(to, answer)
      try {
        const place = to.thread ? { thread_ts: to.thread } : {}
        await respond({ response_type: 'ephemeral', replace_original: false, text, ...place })
      } catch (error) {
        failed(error, 'response_url')
        await inChannel(to, answer)
      }
    },
  }
}
