import { mentionedIn, type Names, toAdaptiveCard, toPlainText } from '../cards/adaptive-card.ts'
import type { View } from '../cards/view.ts'
import type { Address, Principal } from '../transfer/model.ts'
import { accountsOf, personBehind } from '../transfer/people.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory } from '../transfer/ports.ts'
import type { Line } from '../transfer/text.ts'
import type { Drawn } from './chats.ts'
import { withDeadline } from './deadline.ts'
import type { LocalWords } from './local-words.ts'
import type { TeamsDirectory } from './teams-directory.ts'
import { isObjectId, readTeamsId } from './teams-ids.ts'
import type { TeamsMessage, TeamsPlace } from './teams-port.ts'

/** The media type of an Adaptive Card. */
export const cardType = 'application/vnd.microsoft.card.adaptive'
/** Teams fetches a card anew for so many people at most. */
const MOST_VIEWERS = 60
const NAMES_WITHIN = 500

/** Views as messages of Teams, with the names that people have there. */
export type TeamsRender = {
  /** A message for everybody in the place: where its approvers are known there, they get the buttons and the others see how it stands. */
  message(place: TeamsPlace, personal: boolean, drawn: Drawn): Promise<TeamsMessage>
  /** The card for one person, who may decide or not. */
  card(place: TeamsPlace, view: View, mayDecide: boolean): Promise<object>
  lines(place: TeamsPlace, lines: readonly Line[]): Promise<TeamsMessage>
  /** Words alone, for an answer that Teams shows beside a card. */
  text(place: TeamsPlace, lines: readonly Line[]): Promise<string>
}

/** Who is known: `everybody` in all chats, `directory` in Teams. */
type Known = { people: readonly Declared[]; everybody: Directory; directory: TeamsDirectory }

/** Renders with the names that the directories know. */
export function createTeamsRender(options: Known & { words: LocalWords }): TeamsRender {
  const { words } = options
  const named = async (place: TeamsPlace, view: View): Promise<{ view: View; names: Names }> => {
    const local = await words.view(view)
    return { view: local, names: await namesIn(place, local, options) }
  }
  const asView = (lines: readonly Line[]): View => ({ text: lines[0] ?? [], blocks: [{ kind: 'lines', lines }] })
  return {
    async message(place, personal, { view: drawn, asks }) {
      const { view, names } = await named(place, drawn)
      const userIds = asks && !personal ? await viewersIn(place, asks.approvers, options) : []
      const refresh = { userIds, data: { transfer: asks?.transfer, round: asks?.round } }
      const card = toAdaptiveCard(
        view,
        userIds.length > 0 ? { names, buttons: 'none', refresh } : { names, buttons: 'all' },
      )
      return { summary: toPlainText([view.text], names), attachments: [{ contentType: cardType, content: card }] }
    },
    async card(place, shown, mayDecide) {
      const { view, names } = await named(place, shown)
      return toAdaptiveCard(view, { names, buttons: mayDecide ? 'all' : 'none' })
    },
    async lines(place, lines) {
      const { view, names } = await named(place, asView(lines))
      const card = toAdaptiveCard(view, { names, buttons: 'all' })
      return { summary: toPlainText([view.text], names), attachments: [{ contentType: cardType, content: card }] }
    },
    async text(place, lines) {
      const { names } = await named(place, asView(lines))
      return toPlainText(await words.lines(lines), names)
    },
  }
}

/** How the people in a view are called; one who is not in the conversation is named and not mentioned, as Teams would refuse it. */
async function namesIn(
  place: TeamsPlace,
  view: View,
  { directory, people }: Pick<Known, 'directory' | 'people'>,
): Promise<Names> {
  const { principals, places } = mentionedIn(view)
  const persons = new Map<Principal, { name: string; id?: string }>()
  const rooms = new Map<Address, string>()
  const declared = (id: Principal): string | undefined => people.find(({ accounts }) => accounts.includes(id))?.name
  await Promise.all([
    ...principals.map(async (id) => {
      const member = await soon(directory.memberOf(place, id))
      const name = member?.name ?? (await soon(directory.name(id))) ?? declared(id) ?? bare(id)
      persons.set(id, member ? { name, id: bare(id) } : { name })
    }),
    ...places.map(async (id) => rooms.set(id, (await soon(directory.name(id))) ?? declared(id) ?? bare(id))),
  ])
  return {
    mention: (id) => persons.get(id) ?? { name: bare(id) },
    place: (id) => rooms.get(id) ?? bare(id),
  }
}

/** Those in the conversation whose click could count, by the id that Teams has for them; nobody when they are too many or cannot be read. */
async function viewersIn(
  place: TeamsPlace,
  approvers: readonly Principal[],
  { everybody, people, directory }: Known,
): Promise<readonly string[]> {
  try {
    const accounts = (await everybody.people(approvers)).flatMap((each) => accountsOf(personBehind(people, each)))
    const here = [...new Set(accounts.filter((each) => readTeamsId(each)?.tenant === place.tenant))]
    // A large group would be hundreds of questions, for a list that could not hold them.
    if (here.length > MOST_VIEWERS) return []
    const members = await Promise.all(here.map((each) => directory.memberOf(place, each)))
    const ids = [...new Set(members.flatMap((member) => member?.id ?? []))]
    return ids.length <= MOST_VIEWERS ? ids : []
  } catch {
    return []
  }
}

/** A name is not worth waiting for: somebody may be waiting for the answer that it stands in. */
function soon<T>(asked: Promise<T | undefined>): Promise<T | undefined> {
  return withDeadline(
    NAMES_WITHIN,
    asked.catch(() => undefined),
    () => undefined,
  )
}

function bare(id: string): string {
  const read = readTeamsId(id)
  return read && isObjectId(read.id) ? read.id : (read?.id ?? id)
}
