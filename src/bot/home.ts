import { type Home, type HomeViews, homeLines, homeViews, noHome } from '../cards/home-view.ts'
import { sentence } from '../cards/sentence.ts'
import { Refusal } from '../transfer/errors.ts'
import { finalStatuses, type Person } from '../transfer/model.ts'
import { accountsOf, personBehind, platformOf } from '../transfer/people.ts'
import type { Answer, Command, ListedBy, Stored } from '../transfer/ports.ts'
import type { Line } from '../transfer/text.ts'
import { type Desk, known } from './desk.ts'
import { type Gathered, gather, mostRead } from './gather.ts'
import { createLocalWords } from './local-words.ts'
import { statusesOf } from './look-up.ts'
import { createSight, type Sight } from './sight.ts'

const mostShown = 10
/** How long an end is news, in milliseconds. */
const recent = 7 * 24 * 3_600_000

/** What concerns the person now, in the words of their chat; a sentence for those who are no members. Throws `Refusal`. */
export async function readHome(desk: Desk, by: Person): Promise<HomeViews> {
  const home = await homeOf(desk, by)
  const views = home instanceof Refusal ? noHome(sentence(home)) : homeViews(home)
  const words = createLocalWords(platformOf(by), desk.policy.people, desk.directory, 'quick')
  const [top, rest, ...cards] = await Promise.all([views.top, views.rest, ...views.cards].map(words.view))
  return { top: top ?? views.top, rest: rest ?? views.rest, cards }
}

/** The same in words alone. */
export async function pending(desk: Desk, { by }: Command): Promise<Answer> {
  const home = await homeOf(desk, by)
  if (home instanceof Refusal) throw home
  // Words have no buttons, and Slack shows the same with them in a place of its own.
  const buttons: readonly Line[] =
    platformOf(by) === 'slack' ? [['The Home tab of this app has the same with buttons.']] : []
  return { ok: true, lines: [...homeLines(home), ...buttons] }
}

async function homeOf(desk: Desk, by: Person): Promise<Home | Refusal> {
  const standing = await known(desk.directory.standing(by)).catch(() => 'unread' as const)
  if (standing === 'unread') return new Refusal('groups_unread')
  if (standing !== 'member') return new Refusal(standing)
  const sight = createSight(desk, by)
  try {
    return await gathered(desk, by, sight)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'groups_unread') throw error
    // What people asked for themselves is theirs, whatever groups they are in.
    const own = { ...sight, maySee: async (transfer: Stored['transfer']) => sight.isOwn(transfer) }
    return { ...(await gathered(desk, by, { ...own, waitsForMe: async () => false })), waiting: undefined }
  }
}

async function gathered(desk: Desk, by: Person, sight: Sight): Promise<Home> {
  const at = desk.clock.now()
  const accounts = accountsOf(personBehind(desk.policy.people, by))
  const look = (indexes: readonly ListedBy[], most: number, fits: (each: Stored) => Promise<boolean>, since?: number) =>
    gather(desk.store, indexes, { most, fits, ...(since === undefined ? {} : { since }) })
  const of = (status: 'pending' | 'running') => statusesOf[status].map((each) => ({ status: each }))
  const [waiting, asked, running, ended] = await Promise.all([
    look(of('pending'), mostRead, ({ transfer }) => sight.waitsForMe(transfer)),
    look(
      accounts.map((openOf) => ({ openOf })),
      mostShown,
      async () => true,
    ),
    look(of('running'), mostShown, async ({ transfer }) => !sight.isOwn(transfer) && sight.maySee(transfer)),
    look(
      finalStatuses.map((status) => ({ status })),
      mostShown,
      ({ transfer }) => sight.maySee(transfer),
      at - recent,
    ),
  ])
  return {
    at,
    waiting: bySoonest(waiting),
    ...{ asked: asked.found, running: running.found, ended: ended.found },
    more: { waiting: waiting.more, asked: asked.more, running: running.more, ended: ended.more },
    ...([waiting, running, ended].some(({ unread }) => unread) ? { unread: mostRead } : {}),
  }
}

/** What expires first comes first; a card that nobody has got yet has no such time. */
function bySoonest({ found }: Gathered): readonly Stored[] {
  const expiry = ({ transfer }: Stored): number => transfer.round?.expiresAt ?? Number.MAX_SAFE_INTEGER
  return found.toSorted((a, b) => expiry(a) - expiry(b))
}
