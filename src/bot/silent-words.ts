import { accountsOf, personBehind, platformOf } from '../transfer/people.ts'
import type { Declared } from '../transfer/policy.ts'
import type { Directory } from '../transfer/ports.ts'
import type { Inline } from '../transfer/text.ts'
import { withDeadline } from './deadline.ts'
import { isPersonal } from './is-personal.ts'
import { bareId, type LocalWords, nameElsewhere } from './local-words.ts'
import { wordsBy } from './words-by.ts'

/** Milliseconds for a name; without it the id stands there, which notifies nobody either. */
const nameWithin = 1_500

/** Words for the readers of one chat that notify nobody: people and groups are named in plain text, never mentioned. */
export function createSilentWords(platform: string, people: readonly Declared[], directory: Directory): LocalWords {
  const nameOf = (id: string): Promise<string | undefined> =>
    withDeadline(nameWithin, directory.name(id), () => undefined)
  return wordsBy(async (inline: Inline): Promise<Inline> => {
    if (typeof inline === 'string') return inline
    const id = 'mention' in inline ? inline.mention : 'place' in inline ? inline.place : undefined
    if (id === undefined || id === 'anyone') return inline
    // A channel is nobody, and its name is a link.
    if ('place' in inline && !isPersonal(id)) return inline
    const here = accountsOf(personBehind(people, id)).find((account) => platformOf(account) === platform)
    return here === undefined ? nameElsewhere(id, await nameOf(id)) : ((await nameOf(here)) ?? bareId(here))
  })
}
