import type { TextField, Toggle } from '../transfer/form.ts'
import type { Choice, ChoiceKind } from '../transfer/form-choices.ts'
import type { Operation } from '../transfer/model.ts'
import { reasonLimit } from '../transfer/reason.ts'
import type { Line } from '../transfer/text.ts'
import { forms } from './forms.ts'
import { code } from './phrases.ts'

/** One input of a form; what is not `optional` must be filled in before the form can be sent. */
export type Input = { label: string; hint?: string; optional?: true } & (
  | { kind: 'choice'; id: ChoiceKind['field'] }
  | { kind: 'one'; id: TextField; of: readonly Choice[] }
  | { kind: 'text'; id: TextField; most: number; long?: true }
)

/** A form for a request, free of any platform: its inputs in order, then what can be on or off. */
export type RequestForm = {
  title: string
  send: string
  inputs: readonly Input[]
  toggles: readonly { id: Toggle; label: string; on: boolean }[]
}

/** The form of an export or an import. */
export function requestForm(operation: Operation): RequestForm {
  return operation === 'export' ? exportForm : importForm
}

/** What a form that could not be opened is answered with: the command that asks for the same. */
export function typedInstead(operation?: Operation): readonly Line[] {
  const typed: Line =
    operation === undefined ? [code(forms.export), ' or ', code(forms.import)] : [code(forms[operation])]
  return [['The form could not be opened, and nothing was recorded. Try again, or write ', ...typed, '.']]
}

/** What a form is answered with that was asked for where its sender is not. */
export const notThere: readonly Line[] = [
  [
    'You are not in the conversation where this form was asked for, and nothing was recorded. Write export or import where the story is to be told, and fill in the new form.',
  ],
]

/** What each operation is called where one of them is chosen. */
export const operations: readonly { value: Operation; label: string }[] = [
  { value: 'export', label: 'Export a database to storage' },
  { value: 'import', label: 'Import a database from storage' },
]

const database: Input = { kind: 'choice', id: 'database', label: 'Database' }
const storage: Input = { kind: 'choice', id: 'storage', label: 'Storage' }
const container: Input = {
  kind: 'choice',
  id: 'container',
  label: 'Container',
  hint: 'Left out, it is the usual one of the storage.',
  optional: true,
}
const reason: Input = {
  kind: 'text',
  id: 'reason',
  label: 'Reason',
  hint: 'The people who decide will see it.',
  most: reasonLimit,
  long: true,
  optional: true,
}
const privateLink = { id: 'private-link', label: 'Over Private Link', on: true } as const
const dryRun = { id: 'dry-run', label: 'Dry run: only the plan and the checks', on: false } as const

const exportForm: RequestForm = {
  title: 'Export a database',
  send: 'Ask',
  inputs: [
    database,
    storage,
    container,
    {
      kind: 'text',
      id: 'blob',
      label: 'Folder and name',
      hint: 'As in weekly/orders; left out, it is the database’s name. Time and id are added.',
      most: 200,
      optional: true,
    },
    reason,
  ],
  toggles: [privateLink, dryRun],
}

const tiers = ['Basic', 'Standard', 'Premium', 'GeneralPurpose', 'BusinessCritical', 'Hyperscale']
const redundancies = ['Local', 'Zone', 'Geo', 'GeoZone']

const importForm: RequestForm = {
  title: 'Import a database',
  send: 'Ask',
  inputs: [
    storage,
    container,
    { kind: 'text', id: 'blob', label: 'Blob', hint: 'As in weekly/orders-20260101.bacpac.', most: 200 },
    { ...database, label: 'Into the database', hint: 'An empty one; or the new one’s name as server/database.' },
    reason,
    { kind: 'one', id: 'edition', label: 'Edition of a new database', of: tiers.map(same), optional: true },
    {
      kind: 'text',
      id: 'objective',
      label: 'Service objective of a new database',
      hint: 'As in S3 or GP_Gen5_2.',
      most: 50,
      optional: true,
    },
    {
      kind: 'text',
      id: 'max-size',
      label: 'Largest size of a new database',
      hint: 'As in 250GB.',
      most: 20,
      optional: true,
    },
    {
      kind: 'one',
      id: 'redundancy',
      label: 'Backup redundancy of a new database',
      of: redundancies.map(same),
      optional: true,
    },
  ],
  toggles: [{ id: 'create', label: 'Make a new database', on: false }, privateLink, dryRun],
}

function same(name: string): Choice {
  return { value: name, label: name }
}
