import type { Transfer } from '../transfer/model.ts'
import type { Line } from '../transfer/text.ts'
import { dataBytes } from '../transfer/work.ts'
import { code } from './phrases.ts'
import { duration, size } from './quantities.ts'
import { portalLink } from './route.ts'

/** How long Azure had for it, how fast that was where the size of the data is known, and how an imported database stands. */
export function workLines(transfer: Transfer): readonly Line[] {
  const { took, database } = transfer.ending?.work ?? {}
  const lines: Line[] = []
  if (took !== undefined) {
    const from = transfer.request.privateLink ? 'the approval of the connections' : 'taking the job'
    lines.push([`Azure needed ${duration(took)} from ${from}${rate(transfer, took)}.`])
  }
  if (database) {
    const { status, edition, objective, maxSizeBytes } = database
    const most = maxSizeBytes === undefined ? '' : `, up to ${size(maxSizeBytes)}`
    const tier = `${edition} ${objective}${most}`
    if (status.toLowerCase() === 'online') lines.push([`It is online: ${tier}.`])
    else
      lines.push([
        '⚠️ Azure says that it is ',
        code(status),
        ` (${tier}). Look at it: `,
        portalLink(transfer, 'sql'),
        '.',
      ])
  }
  return lines
}

/** The data as it lies in the database, not the BACPAC: Azure's management API tells nothing of a blob. */
function rate(transfer: Transfer, took: number): string {
  const bytes = dataBytes(transfer)
  if (bytes === undefined || took < 1_000) return ''
  return `, for ${size(bytes)} of data: ${size((bytes / took) * 60_000)} a minute`
}
