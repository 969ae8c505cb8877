import { type Chat, chatOf, isEntraGroup, statedTenant } from './ids.ts'
import type { Path, Problems } from './problems.ts'
import type { Salvaged } from './salvage.ts'
import type { File } from './schema.ts'
import { quote } from './wording.ts'

/** What to do about an id whose chat is not there, by the chat that is. */
type Otherwise = Readonly<Record<Chat, string>>
type Written = { path: Path; id: string; otherwise: Otherwise }

const principal = {
  slack: 'write the Slack id of a person or user group',
  teams: 'write the Entra object id of a person in Teams, or group:<object id> for an Entra group',
}
const place = {
  slack: 'write the Slack id of a channel or person',
  teams: 'write a conversation id of Teams (19:…) or the Entra object id of a person',
}
const account = { slack: 'take the entry out', teams: 'take the entry out' }
const names = { slack: 'Slack', teams: 'Teams' }

/** Tells every id whose chat the file does not have, and every person of a tenant that may not use the bot. */
export function checkIds(file: Salvaged<File>, chats: ReadonlySet<Chat>, problems: Problems): void {
  // That there is no chat at all was told, and every id would repeat it.
  if (chats.size === 0) return
  const allowed = allowedTenants(file)
  for (const { path, id, otherwise } of idsOf(file)) {
    const chat = chatOf(id)
    const tenant = statedTenant(id)
    if (chat && !chats.has(chat)) {
      const remedy = otherwise[chat === 'slack' ? 'teams' : 'slack']
      const what = `is ${quote(id)}, an id of ${names[chat]}, but this file has no ${chat}`
      problems.add(path, `${what} — add a ${chat} section, or ${remedy}`)
    } else if (isEntraGroup(id) && tenant && file.teams?.tenant && tenant !== file.teams.tenant) {
      const why = 'and the identity of the bot can read the groups of its own tenant alone'
      problems.add(
        path,
        `is a group of another tenant than teams.tenant, ${why} — write a group of that one, or people`,
      )
    } else if (tenant && allowed && !allowed.includes(tenant)) {
      problems.add(path, `is of a tenant that teams.tenants does not name — add ${tenant} there, or correct the id`)
    }
  }
}

/** Undefined as long as a part of them cannot be read: the right one may be there. */
function allowedTenants({ teams }: Salvaged<File>): readonly string[] | undefined {
  const all = [teams?.tenant, ...(teams?.tenants ?? [])]
  const tenants = all.flatMap((each) => each ?? [])
  return tenants.length === all.length && teams?.tenants?.length !== 0 ? tenants : undefined
}

function idsOf({ rules, operators, auditors, people }: Salvaged<File>): readonly Written[] {
  const one = (path: Path, id: string | undefined, otherwise: Otherwise) => (id ? [{ path, id, otherwise }] : [])
  const all = (path: Path, ids: readonly (string | undefined)[] | undefined, otherwise: Otherwise) =>
    (ids ?? []).flatMap((id, index) => one([...path, index], id, otherwise))
  return [
    ...(rules ?? []).flatMap((rule, index) => [
      ...all(['rules', index, 'requesters'], rule?.requesters, principal),
      ...all(['rules', index, 'when', 'requester'], rule?.when?.requester, principal),
      ...(rule?.stages ?? []).flatMap((stage, at) =>
        all(['rules', index, 'stages', at, 'approvers'], stage?.approvers, principal),
      ),
      ...all(['rules', index, 'cards'], rule?.cards, place),
      ...all(['rules', index, 'escalate', 'to'], rule?.escalate?.to, principal),
      ...all(['rules', index, 'tell'], rule?.tell, place),
    ]),
    ...all(['operators'], operators, principal),
    ...all(['auditors'], auditors, principal),
    ...(people ?? []).flatMap((person, index) => [
      ...one(['people', index, 'slack'], person?.slack, account),
      ...one(['people', index, 'teams'], person?.teams, account),
    ]),
  ]
}
