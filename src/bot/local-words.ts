import { chatWords } from '../cards/status-words.ts'
import type { View } from '../cards/view.ts'
import { accountsOf, personBehind, platformOf } from '../transfer/people.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory } from '../transfer/ports.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { withDeadline } from './deadline.ts'
import { wordsBy } from './words-by.ts'

/** Milliseconds for the names of people whom this chat does not know, while somebody waits or not; without them their ids stand there. */
const within = { quick: 200, patient: 1_500 }

/** Words for the readers of one chat: who is mentioned from another chat is named by their account here, or by name. */
export type LocalWords = {
  lines(lines: readonly Line[]): Promise<readonly Line[]>
  view(view: View): Promise<View>
}

/** Words for one platform. */
export function createLocalWords(
  platform: string,
  people: readonly Declared[],
  directory: Directory,
  how: keyof typeof within,
): LocalWords {
  const local = async (inline: Inline): Promise<Inline> => {
    if (typeof inline === 'string') return inline
    const id = 'mention' in inline ? inline.mention : 'place' in inline ? inline.place : undefined
    if (id === undefined || id === 'anyone' || platformOf(id) === platform) return inline
    const here = accountsOf(personBehind(people, id)).find((account) => platformOf(account) === platform)
    if (here !== undefined) return { mention: here }
    return nameElsewhere(id, await withDeadline(within[how], directory.name(id), () => undefined))
  }
  return wordsBy(local)
}

/** How somebody of another chat is named: with the chat that they are in. */
export function nameElsewhere(id: string, name: string | undefined): string {
  return `${name ?? bareId(id)} (${chatWords(platformOf(id))})`
}

/** What stands there where nobody knows a name. */
export function bareId(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}
