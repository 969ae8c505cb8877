import type { Principal } from '../transfer/model.ts'
import { platformOf } from '../transfer/people.ts'
import type { Directory } from '../transfer/ports.ts'

/** All chats' directories as one: each question goes to the chat of the account; nobody is known in a chat that is not configured. */
export function createDirectories(sides: Readonly<Record<string, Directory>>): Directory {
  const of = (id: Principal): Directory | undefined => sides[platformOf(id)]
  return {
    among: async (person, principals) => (await of(person)?.among(person, principals)) ?? [],
    async people(principals) {
      const asked = Object.entries(sides).map(([platform, side]) =>
        side.people(principals.filter((each) => platformOf(each) === platform)),
      )
      return (await Promise.all(asked)).flat()
    },
    standing: async (person) => (await of(person)?.standing(person)) ?? 'stranger',
    name: async (id) => of(id)?.name(id),
  }
}
