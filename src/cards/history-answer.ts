import type { DatabaseTarget, Millis, Transfer } from '../transfer/model.ts'
import type { Stored } from '../transfer/ports.ts'
import { tally } from '../transfer/quorum.ts'
import type { Line } from '../transfer/text.ts'
import { usualOf } from '../transfer/usual.ts'
import { dataBytes } from '../transfer/work.ts'
import { forms } from './forms.ts'
import { headline } from './headline.ts'
import { blobAddress } from './operation-words.ts'
import { bold, code, people, person } from './phrases.ts'
import { duration, size } from './quantities.ts'
import { usualWords } from './usual-words.ts'

const mostShown = 10

/** The transfers of a database that the asker may see, newest first, and its last good export; says what is not shown. */
export function historyAnswer(
  database: DatabaseTarget,
  { found, unread }: { found: readonly Pick<Stored, 'transfer'>[]; unread: boolean },
  { at, read }: { at: Millis; read: number },
): readonly Line[] {
  const transfers = found.map(({ transfer }) => transfer)
  const name = code(database.alias)
  const unseen: readonly Line[] = unread
    ? [[`Only the newest ${read} transfers of it were looked at; older ones are not shown.`]]
    : []
  if (transfers.length === 0) {
    const ask = code(`/export ${typable(database.alias)} to <storage>`)
    return [['There is no transfer of ', name, ' that you can see. Ask for an export: ', ask, '.'], ...unseen]
  }
  const shown = transfers.slice(0, mostShown)
  const left = transfers.length - shown.length
  const older: Line = [`… and ${left} older: `, code(`/drawbridge list all database ${typable(database.alias)}`), '.']
  return [
    ...goodLines(transfers.find(isGood), name),
    ...usualLines(transfers),
    [bold('Transfers'), ', newest first:'],
    ...shown.map((each): Line => [...headline(each, at, code(each.id)), ', ', { time: each.request.at }]),
    ...(left > 0 ? [older] : []),
    ...unseen,
  ]
}

/** An export whose BACPAC is there because people said yes: data that crossed after a no is none. */
function isGood({ request, status, ending }: Transfer): boolean {
  return request.operation === 'export' && status === 'succeeded' && !ending?.released
}

function goodLines(good: Transfer | undefined, name: Line[number]): readonly Line[] {
  if (!good?.ending) return [[bold('Last good export'), ' of ', name, ': there is none that you can see.']]
  const { id, request, ending } = good
  const took = ending.work?.took
  const bytes = dataBytes(good)
  const facts = [
    ...(bytes === undefined ? [] : [`${size(bytes)} of data`]),
    ...(took === undefined ? [] : [`Azure needed ${duration(took)}`]),
  ]
  const yes = tally(good).approvals.map(({ by }) => by)
  return [
    [
      bold('Last good export'),
      ' of ',
      name,
      ': ',
      { time: ending.at },
      facts.length > 0 ? `, ${facts.join(', ')}.` : '.',
    ],
    ['The BACPAC was written to ', code(blobAddress(good)), '.'],
    ['Asked for by ', person(request.by), ...(yes.length > 0 ? [', approved by ', ...people(yes)] : []), '.'],
    [
      code(forms.status.replace('<id>', id)),
      ' shows it; ',
      code(forms.retry.replace('<id>', id)),
      ' asks for it again.',
    ],
  ]
}

function usualLines(transfers: readonly Transfer[]): readonly Line[] {
  return (['export', 'import'] as const).flatMap((operation): readonly Line[] => {
    const one = transfers.find(({ request }) => request.operation === operation)
    if (!one) return []
    const words = usualWords({ ...one, usual: usualOf({ ...one, id: '' }, transfers) }).trim()
    return words === '' ? [] : [[words]]
  })
}

/** A name as it is typed back: in quotes where it holds spaces. */
function typable(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name
}
