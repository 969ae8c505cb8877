/** Where the ids of the file belong: Slack's workspace, and the Entra tenant of object ids that are written without one. */
export type Homes = { team: string | undefined; tenant: string | undefined }

export type Chat = 'slack' | 'teams'

const guid = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
const objectId = `(?:${guid}/)?${guid}`
const conversation = '19:[A-Za-z0-9:_.@-]+@(?:thread\\.(?:tacv2|skype|v2)|unq\\.gbl\\.spaces)'

/** The id of a tenant, an app or a subscription, in any case of letters. */
export const guidForm = new RegExp(`^${guid}$`)
/** U… or W… */
export const slackPersonForm = /^[UW][A-Z0-9]{2,}$/
/** An Entra object id, alone or as `<tenant>/<object id>`, in any case of letters. */
export const teamsPersonForm = new RegExp(`^${objectId}$`)
/** What stands before the object id of an Entra group, which looks like that of a person otherwise. */
const groupMark = 'group:'
/** `group:<object id>` or `group:<tenant>/<object id>`: a group of Entra, in any case of letters. */
export const entraGroupForm = new RegExp(`^${groupMark}${objectId}$`)
/** A person, S… (a user group of Slack), or a group of Entra. */
export const principalForm = new RegExp(`^[UWS][A-Z0-9]{2,}$|${teamsPersonForm.source}|${entraGroupForm.source}`)
/** Where a card can go: a channel, a group chat or a person. */
export const placeForm = new RegExp(`^[CGDUW][A-Z0-9]{2,}$|^${conversation}$|${teamsPersonForm.source}`)

/** The chat that an id of the file belongs to; undefined for the words `anyone` and `approvers`. */
export function chatOf(id: string): Chat | undefined {
  if (id === 'anyone' || id === 'approvers') return undefined
  return id.startsWith('19:') || teamsPersonForm.test(withoutMark(id)) ? 'teams' : 'slack'
}

/** Whether an id names one person, not a group or a place. */
export function isPerson(id: string): boolean {
  return slackPersonForm.test(id) || teamsPersonForm.test(id)
}

/** Whether an id names a group of Entra. */
export function isEntraGroup(id: string): boolean {
  return entraGroupForm.test(id)
}

/** The tenant that an id states, in lower case; undefined when it states none. */
export function statedTenant(id: string): string | undefined {
  const own = withoutMark(id)
  return teamsPersonForm.test(own) && own.includes('/') ? own.slice(0, own.indexOf('/')).toLowerCase() : undefined
}

/** One spelling for each account and group: object ids in lower case, and without the tenant where it goes without saying. */
export function shortId(id: string, { tenant }: Homes): string {
  const own = withoutMark(id)
  if (!teamsPersonForm.test(own)) return id
  const lower = own.toLowerCase()
  const short = statedTenant(own) === tenant ? lower.slice(lower.indexOf('/') + 1) : lower
  return isEntraGroup(id) ? `${groupMark}${short}` : short
}

/** `slack:<team>/<id>`, `teams:<tenant>/<id>` or `teams:<tenant>/group:<id>`, which is what everything but the configuration knows. */
export function fullId(id: string, homes: Homes): string {
  const chat = chatOf(id)
  if (!chat) return id
  if (chat === 'slack') return `slack:${homes.team}/${id}`
  const short = withoutMark(shortId(id, homes))
  const mark = isEntraGroup(id) ? groupMark : ''
  const [own, tenant = homes.tenant] = short.split('/').reverse()
  return `teams:${tenant}/${mark}${own}`
}

function withoutMark(id: string): string {
  return isEntraGroup(id) ? id.slice(groupMark.length) : id
}
