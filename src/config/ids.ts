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
/** A person, or S… (a user group of Slack). */
export const principalForm = new RegExp(`^[UWS][A-Z0-9]{2,}$|${teamsPersonForm.source}`)
/** Where a card can go: a channel, a group chat or a person. */
export const placeForm = new RegExp(`^[CGDUW][A-Z0-9]{2,}$|^${conversation}$|${teamsPersonForm.source}`)

/** The chat that an id of the file belongs to; undefined for the words `anyone` and `approvers`. */
export function chatOf(id: string): Chat | undefined {
  if (id === 'anyone' || id === 'approvers') return undefined
  return id.startsWith('19:') || teamsPersonForm.test(id) ? 'teams' : 'slack'
}

/** Whether an id names one person, not a group or a place. */
export function isPerson(id: string): boolean {
  return slackPersonForm.test(id) || teamsPersonForm.test(id)
}

/** The tenant that an id states, in lower case; undefined when it states none. */
export function statedTenant(id: string): string | undefined {
  return teamsPersonForm.test(id) && id.includes('/') ? id.slice(0, id.indexOf('/')).toLowerCase() : undefined
}

/** One spelling for each account: object ids in lower case, and without the tenant where it goes without saying. */
export function shortId(id: string, { tenant }: Homes): string {
  if (!teamsPersonForm.test(id)) return id
  const lower = id.toLowerCase()
  return statedTenant(id) === tenant ? lower.slice(lower.indexOf('/') + 1) : lower
}

/** `slack:<team>/<id>` or `teams:<tenant>/<id>`, which is what everything but the configuration knows. */
export function fullId(id: string, homes: Homes): string {
  const chat = chatOf(id)
  if (!chat) return id
  if (chat === 'slack') return `slack:${homes.team}/${id}`
  const short = shortId(id, homes)
  return statedTenant(short) ? `teams:${short}` : `teams:${homes.tenant}/${short}`
}
