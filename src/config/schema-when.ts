import { z } from 'zod'
import { choice, guid, list, strict, text } from './fields.ts'
import { requester } from './schema-chats.ts'
import { complaint } from './wording.ts'

const glob = (what: string) =>
  list(text(/./, `a pattern over ${what}`), `a list of patterns, or leave it out for all ${what}`).optional()

/** A label of the catalogue, which conditions are about. */
export const label = text(
  /^[a-z0-9][a-z0-9-]{0,31}$/,
  'a short label of lower-case letters, digits and hyphens, as prod',
)

const labels = list(label, 'a list of environments, as [prod], or leave it out').optional()

const units: Readonly<Record<string, number>> = { MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }
const bytes = text(/^\d+(\.\d+)? ?(MB|GB|TB)$/, 'a size with its unit, as 500MB, 50GB or 1.5TB').transform(
  (written) => {
    const [, number, unit = ''] = /^([\d.]+) ?(\w+)$/.exec(written) ?? []
    return Math.round(Number(number) * (units[unit] ?? 0))
  },
)

/** What a rule is about. */
export const whenSchema = strict(
  {
    operation: list(choice(['export', 'import']), 'a list of operations, or leave it out for all').optional(),
    database: glob('databases'),
    storage: glob('storage'),
    subscription: list(guid('a subscription id'), 'a list of subscription ids, or leave it out').optional(),
    server: glob('servers'),
    container: glob('containers'),
    environment: labels,
    from: labels,
    to: labels,
    size: strict({ below: bytes.optional(), atLeast: bytes.optional() }, 'below, atLeast or both').optional(),
    requester: list(requester, 'a list of ids of people and user groups, or leave it out').optional(),
    privateLink: z.boolean({ error: ({ input }) => complaint(input, 'true or false') }).optional(),
  },
  'operation, database, storage and other conditions, or leave it out for everything',
).prefault({})

/** Where data may go. */
export const destinationsSchema = strict(
  { storage: glob('storage'), container: glob('containers'), database: glob('databases'), environment: labels },
  'storage and container for exports, database for imports, environment for both',
)
