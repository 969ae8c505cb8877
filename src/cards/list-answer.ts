import type { ListIntent } from '../transfer/finding.ts'
import type { Millis } from '../transfer/model.ts'
import type { Stored } from '../transfer/ports.ts'
import type { Line } from '../transfer/text.ts'
import { example, forms } from './forms.ts'
import { headline } from './headline.ts'
import { code, person } from './phrases.ts'

/** What was looked for and found: `more` older ones fit too, and `unread` says that not all were looked at. */
type Found = { found: readonly Pick<Stored, 'transfer'>[]; more: boolean; unread: boolean }

/** How it was looked for: `waiting` are the ids in which the asker's yes would count, `read` the most that are looked at. */
type Looked = { at: Millis; asked: ListIntent; waiting: readonly string[]; read: number }

/** Several transfers, one line each, as they are handed in; says what is not shown. */
export function listAnswer({ found, more, unread }: Found, { at, asked, waiting, read }: Looked): readonly Line[] {
  const lines = found.map(({ transfer }): Line => {
    const mine: Line = waiting.includes(transfer.id) ? [', 👉 waits for you'] : []
    return [...headline(transfer, at, code(transfer.id)), ', asked for by ', person(transfer.request.by), ...mine]
  })
  const older: Line = ['Older ones are not shown. Narrow it down: ', code(forms.listOf), '.']
  const unseen: Line = [`Only the newest ${read} transfers were looked at; older ones are not shown.`]
  const rest = [...(more ? [older] : []), ...(unread ? [unseen] : [])]
  return [...(lines.length === 0 ? [noneLine(asked)] : lines), ...rest]
}

function noneLine({ which, database, since }: ListIntent): Line {
  if (which === undefined && database === undefined && since === undefined) {
    return ['There is no transfer that you can see. Ask for one: ', code(example), '.']
  }
  return ['There is no transfer like that that you can see. ', code(forms.list), ' shows all that you can.']
}
