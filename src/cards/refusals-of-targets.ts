import type { Line } from '../transfer/text.ts'
import { clip, code } from './phrases.ts'
import { type Facts, meant, named, type Say } from './refusals-of-text.ts'

const forms = {
  database:
    '"/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Sql/servers/<server>/databases/<database>"',
  storage:
    '"/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>/<container>"',
}

/** Refusals of databases, servers and storage that are not known, or not to be reached. */
export const refusalsOfTargets = {
  unknown_database: (facts) => unknown('database', facts),
  unknown_storage: (facts) => unknown('storage', facts),
  unknown_server: ({ name, suggestion, known, ...facts }) => [
    ['There is no server ', named(name, 'of that name'), ' in the catalogue.', ...meant(suggestion)],
    known
      ? [`There is: ${clip(known, 600)}.`]
      : ['An operator can add a database of it to the catalogue in ', code('drawbridge.yaml'), '.'],
    ...gapLines(facts),
  ],
  bad_resource_id: ({ name, side }) => [
    [
      named(name, 'That'),
      ` is not the resource id of a ${side === 'storage' ? 'storage account' : 'database on a SQL server that can be moved'}.`,
    ],
    ['Write it in quotes, as the portal shows it: ', code(side === 'storage' ? forms.storage : forms.database), '.'],
  ],
  foreign_subscription: ({ subscription }) => [
    [
      'The subscription ',
      named(subscription, 'of that resource'),
      ' is not one that Drawbridge works in. Correct the resource id, or ask an operator to add it to ',
      code('azure.subscriptions'),
      '.',
    ],
  ],
  no_login: ({ server }) => [
    [
      'Drawbridge has no SQL login for the server ',
      named(server, 'of this database'),
      ', so that Azure could not read or write its databases. Nothing was recorded.',
    ],
    ['Ask an operator to add the server to ', code('sqlLogins'), ' in ', code('drawbridge.yaml'), ', then ask again.'],
  ],
} satisfies Readonly<Record<string, Say>>

function unknown(what: 'database' | 'storage', { name, suggestion, known, ...facts }: Facts): readonly Line[] {
  const next: Line = known
    ? [`There is: ${clip(known, 600)}.`]
    : ['An operator can add it to the catalogue in ', code('drawbridge.yaml'), '.']
  const where =
    facts.gap === undefined ? ' in the catalogue.' : ' in the catalogue or among what a rule names in Azure.'
  return [[`There is no ${what} `, named(name, 'of that name'), where, ...meant(suggestion)], next, ...gapLines(facts)]
}

/** What stands against the list of Azure being whole, and what works all the same; nothing where Azure is not listed. */
function gapLines({ gap, since }: Facts): readonly Line[] {
  const way = 'write the full resource id in quotes, as the portal shows it.'
  switch (gap) {
    case undefined:
      return []
    case 'unlisted':
      return [[`What there is in Azure is not listed yet. Try again in a minute, or ${way}`]]
    case 'behind':
      return [
        [`The list of what there is in Azure is of ${since}, as it cannot be read now. For something newer ${way}`],
      ]
    case 'partial':
      return [[`Not everything in Azure is listed. For what is missing ${way}`]]
    default:
      return [[`Azure is listed every few minutes. For something newer ${way}`]]
  }
}
