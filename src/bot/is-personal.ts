import type { Address } from '../transfer/model.ts'
import { isUser, readSlackId } from './slack-ids.ts'
import { isObjectId, readTeamsId } from './teams-ids.ts'

/** True for the address of one person, not of a channel or group chat. */
export function isPersonal(address: Address): boolean {
  const slack = readSlackId(address)
  if (slack) return isUser(slack.id)
  const teams = readTeamsId(address)
  return teams !== undefined && isObjectId(teams.id)
}
