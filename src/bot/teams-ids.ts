/** The parts of an opaque id of ours: `teams:<tenant>/<object id, group:<object id> or conversation>`, a message with its id after another slash. */
export type TeamsId = { tenant: string; id: string; message?: string }

/** A person, a conversation or a message as the rest of Drawbridge knows it. */
export function teamsId({ tenant, id, message }: TeamsId): string {
  const parts = [tenant.toLowerCase(), id, ...(message === undefined ? [] : [message])]
  return `teams:${parts.map(encoded).join('/')}`
}

/** The parts of an id; undefined when it is not one of Teams. */
export function readTeamsId(text: string): TeamsId | undefined {
  if (!text.startsWith('teams:')) return undefined
  const [tenant = '', id = '', message, ...more] = text.slice('teams:'.length).split('/').map(decoded)
  if (tenant === '' || id === '' || more.length > 0) return undefined
  return message === undefined ? { tenant, id } : { tenant, id, message }
}

/** True for an Entra object id, which is a person. */
export function isObjectId(id: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
}

/** The object id of an Entra group; undefined when the id is not that of one. */
export function entraGroupOf(id: string): string | undefined {
  const own = id.startsWith('group:') ? id.slice('group:'.length) : ''
  return isObjectId(own) ? own.toLowerCase() : undefined
}

/** The principal of an Entra group. */
export function entraGroupId(tenant: string, group: string): string {
  return teamsId({ tenant, id: `group:${group.toLowerCase()}` })
}

/** True for the conversation of a channel, whose messages can hold a thread. */
export function isChannel(conversation: string): boolean {
  return /@thread\.(?:tacv2|skype)(?:;|$)/.test(conversation)
}

/** A conversation without the thread that it may name, and the id of that thread's first message. */
export function splitThread(conversation: string): { conversation: string; root?: string } {
  const [id = '', ...rest] = conversation.split(';')
  const root = rest.find((part) => part.startsWith('messageid='))?.slice('messageid='.length)
  return root ? { conversation: id, root } : { conversation: id }
}

/** The conversation that replies below this message of a channel go to; elsewhere there are no threads. */
export function inThread(conversation: string, root: string): string {
  const { conversation: id } = splitThread(conversation)
  return isChannel(id) ? `${id};messageid=${root}` : id
}

function encoded(part: string): string {
  return part.replace(/[%/]/g, (char) => (char === '/' ? '%2F' : '%25'))
}

function decoded(part: string): string {
  return part.replaceAll('%2F', '/').replaceAll('%25', '%')
}
