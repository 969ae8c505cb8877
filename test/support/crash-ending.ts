import type { SlackMessage } from '../../sandbox/slack/index.ts'
import { digestOf, type Entry, linkOf, noHead } from '../../src/audit/entry.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import { hasButtons } from './crash.ts'
import { problemsInTeams } from './crash-teams.ts'
import type { CrashWorld } from './crash-world.ts'
import { messagesOf, textOf } from './world.ts'

/** What a case may do that an undisturbed export does not. */
export type Allowance = {
  /** POSTs of the export that Azure hears of, lost ones included; 1 unless told. */
  posts?: number
  /** `withdrawn`: a second copy of a message may have been posted if it was deleted. `once`: one message may stand twice. */
  copies?: 'withdrawn' | 'once'
}

const story = ['submitted', 'asked', 'decided', 'running', 'ended']

/** Everything that is not as it must be at the end of an approved export, in words; empty when all is well. */
export async function problemsOf(world: CrashWorld, key: string, allowed: Allowance = {}): Promise<readonly string[]> {
  const ids = world.watch.idsOf(key)
  const all = await Promise.all(ids.map(async (id) => (await world.read(id)) ?? []))
  const [stored, ...others] = all.flat()
  if (!stored || others.length > 0) return [`${all.flat().length} transfers were recorded`]
  const { id } = stored.transfer
  return [
    ...ofRecord(stored),
    ...(await ofAudit(world, stored)),
    ...ofAzure(world, key, id, allowed.posts ?? 1),
    ...(world.chats === 'teams' ? problemsInTeams : ofChat)(world, stored, allowed.copies),
    ...((await world.isAtRest(id)) ? [] : ['it is still due']),
  ]
}

/** Lines of the whole audit whose number does not follow on the one before. */
export async function gapsIn(world: CrashWorld): Promise<readonly string[]> {
  const numbers = (await world.audit()).map(({ n }) => Number(n))
  return numbers.flatMap((n, index) => (n === index + 1 ? [] : [`${n} is in place ${index + 1}`]))
}

function ofRecord({ transfer, chat }: Stored): readonly string[] {
  const told = transfer.story.map(({ kind }) => kind)
  const unposted = Object.entries(chat.slots).filter(([, { state }]) => state !== 'posted')
  return unless([
    [transfer.status === 'succeeded', `it is ${transfer.status}: ${JSON.stringify(transfer.ending)}`],
    [told.join() === story.join(), `the story is ${told}`],
    [transfer.decisions.length === 1, `${transfer.decisions.length} decisions count`],
    [unposted.length === 0, `${unposted.map(([slot, { state }]) => `${slot} is ${state}`)}`],
  ])
}

async function ofAudit(world: CrashWorld, { transfer }: Stored): Promise<readonly string[]> {
  const chain = (await world.audit()).filter((line) => line.chain === transfer.id)
  const lines = chain.filter((line) => line.version !== undefined)
  const versions = lines.map(({ version }) => Number(version))
  return unless([
    [versions.every((version, index) => version === index + 1), `the audit has the versions ${versions}`],
    [versions.length === transfer.version, `the audit has ${versions.length} of ${transfer.version} versions`],
    [headOf(chain) === (await world.headOf(transfer.id)), 'the chain of the audit does not end where the record does'],
  ])
}

/** The head that the entries of a chain come to, by what they say. */
function headOf(chain: readonly Entry[]): string {
  return chain.reduce((head, line) => linkOf(head, digestOf(line), Number(line.n)), noHead)
}

function ofAzure({ azure, watch }: CrashWorld, key: string, id: string, posts: number): readonly string[] {
  const { operations, blobs, connections } = azure.state
  const jobs = operations.filter(({ database }) => database === key)
  const heard = (name: string) => watch.log.filter((each) => each.key === key && each.names.includes(`azure ${name}`))
  const sent = heard('export').filter(({ when }) => when === 'before').length
  const taken = (name: string) => heard(name).filter(({ when, status = 0 }) => when === 'after' && status < 300).length
  const foreign = connections.filter(
    ({ parent, operationId }) => operationId === null && [`sql-${key}`, `st${key}`].includes(parent),
  )
  const written = blobs.filter(({ name }) => name.endsWith(`-${id}.bacpac`))
  return unless([
    [jobs.length === 1, `${jobs.length} jobs ran`],
    [sent === posts, `the export was sent ${sent} times`],
    [taken('pec-sql-put') === 1, `the connection of the server was approved ${taken('pec-sql-put')} times`],
    [taken('pec-storage-put') === 1, `the connection of the account was approved ${taken('pec-storage-put')} times`],
    [foreign.length === 2 && foreign.every(({ status }) => status === 'Pending'), 'a foreign connection was touched'],
    [written.length === 1, `${written.length} blobs were written`],
  ])
}

function ofChat({ slack }: CrashWorld, { transfer }: Stored, copies: Allowance['copies']): readonly string[] {
  const standing = messagesOf(slack, transfer.id)
  const [root] = messagesOf(slack, transfer.id, 'root')
  const open = messagesOf(slack, transfer.id, 'card').filter(hasButtons)
  const replies = messagesOf(slack, transfer.id, 'reply')
  const ever = slack.state.messages.filter((message) => markOf(message)?.transfer === transfer.id)
  const slots = new Set(standing.map((message) => markOf(message)?.slot))
  const twice = (copies === undefined ? ever : standing).length - slots.size
  const order = [...new Set(replies.map((message) => markOf(message)?.slot))].join()
  const { blob } = transfer.request.storage
  return unless([
    [slots.size === story.length + 2, `there are only ${[...slots]}`],
    [twice <= (copies === 'once' ? 1 : 0), `${twice} messages were repeated`],
    [order === story.map((_, index) => `reply:${index}`).join(), `the replies are ${order}`],
    [replies.every(({ threadTs }) => threadTs === root?.ts) || copies === 'once', 'a reply is in another thread'],
    [textOf(root).includes(blob), 'the root does not show the blob'],
    [textOf(replies.at(-1)).includes(blob), 'the last reply does not name the blob'],
    // Nobody knows of the copy, so nobody can take its buttons away; a click on it is answered as late.
    [open.length === 0 || copies === 'once', 'a card can still be clicked'],
  ])
}

function markOf({ metadata }: SlackMessage): { transfer?: string; slot?: string } | undefined {
  return metadata?.event_payload
}

/** The other half of each claim that does not hold. */
export function unless(claims: readonly (readonly [boolean, string])[]): readonly string[] {
  return claims.flatMap(([holds, otherwise]) => (holds ? [] : [otherwise]))
}
