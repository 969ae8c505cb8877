import type { Inline, Line } from '../transfer/text.ts'
import { example, formOf, forms } from './forms.ts'
import { clip, code } from './phrases.ts'

/** What a refusal carries; a fact that lacks is worded around, never shown as a gap. */
export type Facts = Readonly<Record<string, string>>
/** The sentence of one refusal code. The last line says what to do next. */
export type Say = (facts: Facts) => readonly Line[]

/** Refusals of the command's text. */
export const refusalsOfText = {
  empty: () => [
    ['Nothing was asked. Write for example ', code(example), ', or ', code(forms.help), ' for everything.'],
  ],
  too_long: ({ length, most }) => [
    [
      `The text has ${length ?? 'too many'} characters, and a command has at most ${most ?? '4000'}. Shorten it and send it again; `,
      code(forms.help),
      ' shows the forms.',
    ],
  ],
  unknown_verb: ({ verb, suggestion }) => [
    ['Drawbridge does not know ', named(verb, 'that word'), '.', ...meant(suggestion)],
    [
      'It knows export, import, help, status, why, pending, list, history, retry, cancel, withdraw and settle; ',
      code(forms.help),
      ' shows how to write them.',
    ],
  ],
  missing_database: () => [['Which database? Write ', code(forms.export), ', for example ', code(example), '.']],
  missing_source: () => [['Which BACPAC? Write ', code(forms.import), '.']],
  missing_target: ({ from }) => [
    ['Into which database? Write ', code(`/import ${from ?? '<storage>/<container>/<blob>'} to <database>`), '.'],
  ],
  missing_blob: ({ storage, database }) => [
    [
      'Which blob? Write ',
      code(`/import ${storage ?? '<storage>'}/<container>/<blob>.bacpac to ${database ?? '<database>'}`),
      '.',
    ],
  ],
  missing_to: ({ verb = 'export', from, to }) => {
    const [source, target] =
      verb === 'import' ? ['<storage>/<container>/<blob>', '<database>'] : ['<database>', '<storage>']
    return [['Where to? Write ', code(`/${verb} ${from ?? source} to ${to ?? target}`), '.']]
  },
  missing_storage: ({ from }) => [
    [
      'Which storage? Write ',
      code(`/export ${from ?? '<database>'} to <storage>`),
      ', for example ',
      code(example),
      '.',
    ],
  ],
  name_with_spaces: ({ verb, name }) => [
    [
      'A name with spaces stands in quotes: ',
      code(`/${verb ?? 'export'} "${name ?? 'my database'}" to <storage>`),
      '.',
    ],
  ],
  unexpected_word: ({ verb, word }) => [
    [
      'It is not clear what ',
      named(word, 'the last word'),
      ' is for. Names with spaces and reasons stand in quotes: ',
      code(formOf(verb === 'list' ? 'listOf' : (verb ?? 'export'))),
      '.',
    ],
  ],
  reason_too_long: ({ length, most }) => [
    [
      `The reason has ${length ?? 'too many'} characters, and ${most ?? '500'} fit. Shorten it and send the command again.`,
    ],
  ],
  missing_id: ({ verb }) => [
    ['Which transfer? Write ', code(formOf(verb ?? 'status')), '; ', code(forms.list), ' shows the ids of yours.'],
  ],
  bad_id: ({ verb, id }) => [
    [
      named(id, 'That'),
      ' is no transfer id. An id has 8 letters and digits, as in ',
      code(formOf(verb ?? 'status').replace('<id>', 'k3v9x2mq')),
      '; ',
      code(forms.list),
      ' shows yours.',
    ],
  ],
  missing_settlement: ({ id }) => [
    [
      'Does the job run in Azure or not? Write ',
      code(settle(forms.settle, id)),
      ' or ',
      code(settle(forms.settleNot, id)),
      '.',
    ],
  ],
  missing_operation: ({ id }) => [
    [
      'Which operation runs? Its id stands in the database’s operations in the portal. Write ',
      code(settle(forms.settle, id)),
      '.',
    ],
  ],
  bad_operation: ({ id, operation }) => [
    [
      named(operation, 'That'),
      ' is no operation id of Azure. It looks like ',
      code('5364d250-2a6b-4b1c-9d7e-0123456789ab'),
      '. Write ',
      code(settle(forms.settle, id)),
      '.',
    ],
  ],
  secret_in_text: () => [
    ['The text holds what looks like a key, a SAS or a password. It was not used and not kept.'],
    [
      'Take it out of the chat, replace it where it is in use, and send the command without it: Drawbridge fetches its own credentials.',
    ],
  ],
} satisfies Readonly<Record<string, Say>>

/** Refusals of names: databases, storage, containers and blobs. */
export const refusalsOfNames = {
  ambiguous_database: ({ name, candidates }) => [
    ['More than one database is called ', named(name, 'that'), ': ', list(candidates), '.'],
    ['Write the name before the brackets, or server/database.'],
  ],
  ambiguous_storage: ({ name, candidates }) => [
    [
      'More than one storage goes by ',
      named(name, 'that name'),
      ': ',
      list(candidates),
      '. Write one of these, or add the container.',
    ],
  ],
  missing_container: ({ storage }) => [
    [
      named(storage, 'This storage'),
      ' has no usual container. Name one: ',
      code(`${storage ?? '<storage>'}/<container>`),
      '.',
    ],
  ],
  bad_container: ({ container, why }) => [
    [
      named(container, 'That'),
      ` is no container that can be used: ${containerFaults[why ?? ''] ?? containerFaults.characters}.`,
    ],
    ['Name another one after the storage: ', code('<storage>/<container>'), '.'],
  ],
  bad_blob: ({ blob, why, characters }) => [
    [
      named(blob, 'That'),
      ' is no blob name that Azure’s service takes: ',
      ...(blobFaults[why ?? ''] ?? blobFaults.characters),
      ...(characters ? [' (here: ', code(characters), ')'] : []),
      '.',
    ],
    ['Write a name such as ', code('--blob weekly/orders'), '; time and transfer id are added to it.'],
  ],
  not_a_bacpac: ({ blob }) => [
    [
      named(blob, 'That'),
      ' is no BACPAC: its name does not end in .bacpac. Name the blob after the container: ',
      code('backups/bacpacs/orders.bacpac'),
      '.',
    ],
  ],
  target_needs_server: ({ name, servers }) => [
    [
      'A database that is to be made needs its server: write ',
      code(`<server>/${name ?? '<database>'}`),
      ...(servers ? [`. Servers: ${clip(servers, 600)}`] : []),
      '.',
    ],
  ],
  bad_database_name: ({ name }) => [
    [
      named(name, 'That'),
      ' is no possible name of a database. Use 1 to 128 characters without < > * % & : \\ / ?, not ending in a space or period.',
    ],
  ],
  blob_too_long: ({ length, fits }) => [
    [
      `The blob’s name has ${length ?? 'too many'} characters, and ${fits ?? 'fewer'} fit: Azure takes addresses of at most 127 characters, time and transfer id included.`,
    ],
    ['Shorten the name or its folder and send the command again.'],
  ],
  uri_too_long: ({ over, most, length }) => [
    [
      `The blob’s address ${over ? `would be ${over} characters longer than` : `has ${length ?? 'too many'} characters, more than`} the ${most ?? '127'} that Azure takes.`,
    ],
    ['Use a container with a shorter name, or a shorter folder, and send the command again.'],
  ],
} satisfies Readonly<Record<string, Say>>

/** A fact set apart from the words around it, or the words that do without it. */
export function named(fact: string | undefined, otherwise: string): Inline {
  return fact === undefined || fact === '' ? otherwise : code(fact)
}

const containerFaults: Readonly<Record<string, string>> & { characters: string } = {
  system: 'containers that begin with $ belong to Azure',
  length: 'it needs 3 to 63 characters',
  characters: 'only lower-case letters, digits and hyphens are allowed',
  hyphens: 'two hyphens in a row are not allowed',
  ends: 'it begins and ends with a letter or a digit',
}

const blobFaults: Readonly<Record<string, Line>> & { characters: Line } = {
  empty: ['a part of it is empty'],
  up: ['it may not hold the parts ', code('.'), ' and ', code('..')],
  dot: ['no part may end in a dot'],
  characters: ['letters, digits and ', code('. _ ~ @ ( ) + , = -'), ' are allowed'],
}

/** The question whether a near name was meant. */
export function meant(suggestion: string | undefined): Line {
  return suggestion === undefined ? [] : [' Did you mean ', code(suggestion), '?']
}

function list(candidates: string | undefined): string {
  return clip(candidates ?? 'several', 600)
}

function settle(form: string, id: string | undefined): string {
  return id === undefined ? form : form.replace('<id>', id)
}
