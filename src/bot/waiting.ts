import { isGroup } from '../transfer/groups.ts'
import type { Address, Person, Principal, Transfer } from '../transfer/model.ts'
import { accountsOf, distinctPeople, isSamePerson, platformOf, type Somebody } from '../transfer/people.ts'
import type { Reminded } from '../transfer/ports.ts'
import { openStages, tally } from '../transfer/quorum.ts'
import { stagesNow } from '../transfer/stages-now.ts'
import { approversFor, type Desk, known } from './desk.ts'
import { isPersonal } from './is-personal.ts'

type Known = Pick<Desk, 'directory' | 'policy'>

/** A principal of an open stage: who of it can still fill a seat, and whether that is everybody in it. */
type Waiting = { principal: Principal; people: readonly Somebody[]; everybody: boolean }

/** More people of one group are not listed: nobody would read so many names. */
const mostNamed = 20

/**
 * Whom a reminder mentions at each place: who can still fill a seat, and nobody who said yes, nor the requester. A group
 * of Slack is mentioned as one where that is all of it, and any group is named instead of too many of its people. In a direct message it is that person or nobody.
 */
export async function waitingAt(
  tools: Known,
  transfer: Transfer,
  places: readonly Address[],
): Promise<readonly Reminded[]> {
  const open = openStages(transfer)
  const principals = stagesNow(transfer).flatMap(({ approvers }, index) => (open.includes(index) ? approvers : []))
  const all = await Promise.all([...new Set(principals)].map((each) => waitingOf(tools, transfer, each)))
  return places
    .map((address) => ({ address, mention: isPersonal(address) ? alone(address, all) : together(address, all) }))
    .filter(({ mention }) => mention.length > 0)
}

async function waitingOf({ directory, policy }: Known, transfer: Transfer, principal: Principal): Promise<Waiting> {
  const { request } = transfer
  const { approvals } = tally(transfer)
  const able = await approversFor({ directory, policy }, [principal], request)
  const people = able.filter((person) => !approvals.some((approval) => isSamePerson(approval, person)))
  const members = distinctPeople(policy.people, await known(directory.people([principal])), platformOf(request.by))
  return { principal, people, everybody: people.length === members.length }
}

function alone(address: Person, all: readonly Waiting[]): readonly Principal[] {
  return all.some(({ people }) => people.some((person) => accountsOf(person).includes(address))) ? [address] : []
}

/** Whoever is reached by a group is not mentioned once more. */
function together(address: Address, all: readonly Waiting[]): readonly Principal[] {
  const isWhole = ({ principal, people, everybody }: Waiting): boolean =>
    (isGroup(principal) && people.length > mostNamed) ||
    (people.length > 0 && everybody && isPinged(principal, address))
  const groups = all.filter(isWhole)
  const reached = groups.flatMap(({ people }) => people)
  const others: Somebody[] = []
  for (const person of all.flatMap((each) => (groups.includes(each) ? [] : each.people))) {
    if (![...reached, ...others].some((each) => isSamePerson(each, person))) others.push(person)
  }
  return [...groups.map(({ principal }) => principal), ...others.map(({ by }) => by)]
}

/** Only Slack notifies a group, and only its own. */
function isPinged(principal: Principal, address: Address): boolean {
  return isGroup(principal) && platformOf(principal) === 'slack' && platformOf(address) === 'slack'
}
