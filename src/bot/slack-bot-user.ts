import { setTimeout as pause } from 'node:timers/promises'
import type { webApi } from '@slack/bolt'
import type { Log } from './log.ts'
import { slackErrorCode } from './slack-errors.ts'

/** Who the bot is in its workspace, once Slack has told. */
export type BotUser = {
  start(): void
  stop(): void
  known(): { botId?: string; botUserId?: string }
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 60_000

/** Asks Slack who the bot is, again and again until it answers: nothing waits for it, so Drawbridge starts without Slack. */
export function createBotUser(client: webApi.WebClient, team: string, log: Log): BotUser {
  const stop = new AbortController()
  let known: ReturnType<BotUser['known']> = {}

  async function ask(): Promise<boolean> {
    try {
      const { team_id, user_id, bot_id } = await client.auth.test()
      known = { ...(bot_id && { botId: bot_id }), ...(user_id && { botUserId: user_id }) }
      if (team_id !== team) {
        log.error({ configured: team, token: team_id }, 'the bot token belongs to another workspace than slack.team')
      }
      return true
    } catch (error) {
      log.warn({ code: slackErrorCode(error) }, 'Slack did not say who the bot is, will be asked again')
      return false
    }
  }

  async function untilTold(): Promise<void> {
    for (let wait = FIRST_WAIT; !stop.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (await ask()) return
      await pause(wait, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
    }
  }

  return { start: () => void untilTold(), stop: () => stop.abort(), known: () => known }
}
