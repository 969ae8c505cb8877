import type { SlackMessage } from '../../sandbox/slack/index.ts'
import { isFinal } from '../../src/transfer/lifecycle.ts'
import { approveInTeams, askInTeams } from './crash-teams.ts'
import type { CrashWorld } from './crash-world.ts'
import type { Moment } from './moments.ts'
import { until } from './until.ts'
import { messagesOf, type Running } from './world.ts'

const patience = 60_000
/** Many wait at the same time, and each look costs something. */
export const calmly = [patience, 50] as const

/**
 * Somebody asks for an export of a key's database, somebody else approves it; both try again
 * when chat shows them an error. `mayClick` can hold the second one up. Resolves when all is told.
 */
export async function play(world: CrashWorld, key: string, mayClick?: () => Promise<void>): Promise<string> {
  const [asked, approved] = world.chats === 'teams' ? [askInTeams, approveInTeams] : [ask, approve]
  const id = await asked(world, key)
  await approved(world, id, mayClick)
  await until(() => isTold(world, id), ...calmly).catch(async () => {
    const { transfer, chat } = (await world.read(id)) ?? {}
    throw new Error(`${key} is left at ${transfer?.status}, with ${JSON.stringify({ chat, story: transfer?.story })}`)
  })
  return id
}

async function isTold({ read, isAtRest }: CrashWorld, id: string): Promise<boolean> {
  const stored = await read(id)
  return stored !== undefined && isFinal(stored.transfer.status) && (await isAtRest(id))
}

/** Types the command until there is a transfer for it. */
export async function ask({ slack, watch, read, running }: CrashWorld, key: string): Promise<string> {
  for (;;) {
    await until(() => isBotUp(running), ...calmly)
    await slack.as('U0DANA').command('/export', `${key} to s${key}`)
    for (const id of watch.idsOf(key)) if (await read(id)) return id
  }
}

/** Clicks on Approve, once the clock of the approval runs, until the record has the decision. */
export async function approve(
  { slack, read, running }: CrashWorld,
  id: string,
  mayClick: () => Promise<void> = async () => undefined,
): Promise<void> {
  const card = await slack.until(() => messagesOf(slack, id, 'card').find(hasButtons), patience)
  await until(async () => (await read(id))?.transfer.round?.deliveredAt !== undefined, ...calmly)
  await mayClick()
  while (hasButtons(card)) {
    await until(() => isBotUp(running), ...calmly)
    const { error } = await slack.as('U0SAM').click({ message: card, actionId: 'approve' })
    if (error === undefined && ((await read(id))?.transfer.decisions.length ?? 0) > 0) return
  }
}

/** True while a card can be clicked. */
export function hasButtons(message: Pick<SlackMessage, 'blocks'> | undefined): boolean {
  return JSON.stringify(message?.blocks ?? []).includes('"action_id":"approve"')
}

/** When a role next got something done for a transfer; undefined when nothing was left to do. `not`: by another one than this. */
export function nextProgress(
  { watch, isProcess }: CrashWorld,
  key: string,
  role: Running['role'],
  since: number,
  not?: Running,
): number | undefined {
  // What goes to Azure and chat does not tell whose it is: with two at work only what is written counts.
  const done = {
    worker: not ? /^redis (commit|park|result) / : /^(azure|redis (commit|park|result) )/,
    bot: not ? /^redis commitChat / : /^(slack|teams (create|send|update)|redis (create|commit|commitChat) )/,
    all: not
      ? /^redis (create|commit|park|result|commitChat)/
      : /^(azure|slack|teams (create|send|update)|redis (create|commit|park|result))/,
  }[role]
  const fits = ({ key: its, when, at, by, names }: Moment) =>
    its === key &&
    when === 'before' &&
    at > since &&
    names.some((name) => done.test(name)) &&
    !(not && isProcess(by, not))
  return watch.log.find(fits)?.at
}

/** Resolves for all once `count` have come. */
export function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = count
  return () => {
    left -= 1
    if (left === 0) resolve()
    return promise
  }
}

/** True while a process runs that people can be answered by. */
export function isBotUp(running: readonly Running[]): boolean {
  return running.some((each) => each.role !== 'worker' && !each.exited())
}
