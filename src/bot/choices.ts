import { type Choice, type ChoiceKind, fitting, isOpenTo, offered } from '../transfer/form-choices.ts'
import { foundChoices } from '../transfer/found-choices.ts'
import type { Person, Rule } from '../transfer/model.ts'
import { checkStanding, type Desk, isAmong } from './desk.ts'

/**
 * What a person may choose in a field of a form, for what has been typed there so far: the one source of all options.
 * It offers what some rule lets them ask for; whether a request is taken, only asking tells. Throws `Refusal`.
 */
export async function choices(desk: Desk, kind: ChoiceKind, typed: string, by: Person): Promise<readonly Choice[]> {
  await checkStanding(desk, by)
  const { rules } = desk.policy
  const allowed = await Promise.all(rules.map((rule) => isAmong(desk, by, rule.requesters)))
  const met = await Promise.all(rules.map(({ when }) => !when.requester || isAmong(desk, by, when.requester)))
  const may = new Set(rules.filter((_, index) => allowed[index]))
  const is = new Set(rules.filter((_, index) => met[index]))
  const mine = may.intersection(is)
  const open = offered(desk.policy, kind).filter((offer) => isOpenTo(offer, { may, is }))
  const known = fitting(
    open.map(({ choice }) => choice),
    typed,
  )
  const found = [...known, ...(await beyond(desk, kind, typed, [...mine]))]
  const own = typedName(desk, kind, typed.trim(), mine.size > 0)
  return own && !found.some(({ value }) => value === own.value) ? [...found, own] : found
}

/** What was discovered and one of these rules names. */
async function beyond(
  { policy, finder }: Desk,
  { field, storage }: ChoiceKind,
  fragment: string,
  rules: readonly Rule[],
): Promise<readonly Choice[]> {
  const discovered = await finder?.known()
  const wish =
    field === 'container' ? { kind: field, of: storage ?? '', fragment } : ({ kind: field, fragment } as const)
  return foundChoices({ policy: { ...policy, rules }, discovered }, wish).map((value) => ({ value, label: value }))
}

/** What is typed is a choice too where the catalogue cannot know every name. */
function typedName(
  { policy }: Desk,
  { field, operation }: ChoiceKind,
  typed: string,
  may: boolean,
): Choice | undefined {
  const [server = '', name = ''] = typed.split('/')
  const known = policy.catalogue.databases.some((each) => each.server.toLowerCase() === server.toLowerCase())
  const makes = field === 'database' && operation === 'import' && known && name !== ''
  const container = field === 'container' && /^[a-z0-9](?:-?[a-z0-9]){2,62}$/.test(typed)
  return may && (makes || container) ? { value: typed, label: typed } : undefined
}
