import { requestsOf } from './cases.ts'
import { idIn, messagesOf, type World } from './world.ts'

/** What the BACPACs hold that no export made. */
export const packed = ['dbo.invoices', 'dbo.payers'] as const

/** The database of the case is there and empty. */
export function emptied(world: World, name: string): void {
  const database = world.azure.state.databases.find((each) => each.server === `sql-${name}`)
  if (database) Object.assign(database, { tables: [], usedBytes: 5 * 1024 ** 2 })
}

/** The database of the case is not there. */
export function removed({ azure }: World, name: string): void {
  azure.state.databases = azure.state.databases.filter(({ server }) => server !== `sql-${name}`)
}

/** A BACPAC of the case's name is in its container. */
export function packedIn({ azure }: World, name: string, account: string): void {
  const place = { account, container: 'bacpacs', name: `in/${name}.bacpac` }
  azure.state.blobs.push({ ...place, size: 100_000, createdAt: Date.now(), tables: [...packed] })
}

/** Someone asks for the import of the case's BACPAC; answers the transfer's id. */
export async function askImport(world: World, name: string, { options = '', to = name, by = 'U0DANA' } = {}) {
  const text = `${name}/bacpacs/in/${name}.bacpac to ${to} ${options}`
  const { ack } = await world.slack.as(by).command('/import', text, { channel: 'C0DATA' })
  return idIn(ack.text)
}

/** What was sent to Azure for a case that may change something, in order, by name. */
export function sentFor(world: World, name: string): readonly string[] {
  return requestsOf(world, name).flatMap((each) => (each.method === 'GET' ? [] : [each.name]))
}

/** Everything that anybody ever read of a transfer, without the names that Azure gives. */
export function readOf({ slack }: World, id: string): string {
  const shown = messagesOf(slack, id).flatMap(({ edits }) => edits)
  return JSON.stringify(shown).replace(/ImportExport\w*/g, '')
}
