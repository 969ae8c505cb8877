/** The parts of an opaque id of ours: `slack:<team>/<user, group or channel>` or `slack:<team>/<channel>/<ts>`. */
export type SlackId = { team: string; id: string; ts?: string }

/** A person, group, channel or message as the rest of Drawbridge knows it. */
export function slackId({ team, id, ts }: { team: string; id: string; ts?: string | undefined }): string {
  return ts === undefined ? `slack:${team}/${id}` : `slack:${team}/${id}/${ts}`
}

/** The parts of an id; undefined when it is not one of Slack. */
export function readSlackId(text: string): SlackId | undefined {
  const [, team, id, ts] = /^slack:([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(text) ?? []
  if (team === undefined || id === undefined) return undefined
  return ts === undefined ? { team, id } : { team, id, ts }
}

/** True for the id of a person, who is reached by a direct message. */
export function isUser(id: string): boolean {
  return /^[UW]/.test(id)
}

/** True for the id of a user group. */
export function isGroup(id: string): boolean {
  return id.startsWith('S')
}
