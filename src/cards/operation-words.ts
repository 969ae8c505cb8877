import type { Creation, Request, Transfer } from '../transfer/model.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { code } from './phrases.ts'
import { wholeSize } from './quantities.ts'

/** What is said differently of an export and of an import. */
type Words = {
  /** Begins a title. */
  title(request: Request): string
  /** The rest of "Recorded as …: ". */
  recorded(request: Request): Line
  /** After "A yes approves exactly these connections." */
  follows: string
  /** While it runs. */
  copies: string
  writes: string
  /** The end that was asked for. */
  done(transfer: Transfer): readonly Line[]
  /** What the data did after a no. */
  crossed: string
  /** What there is now although somebody said no, and what to do about it. */
  released(transfer: Transfer): Line
  /** Where to look for data when nobody saw the end. */
  unseen(transfer: Transfer): Line
  /** The command that asks for the same again. */
  again(request: Request): string
}

const words: Readonly<Record<Request['operation'], Words>> = {
  export: {
    title: ({ database, storage }) => `Export of ${database.alias} to ${storage.alias}`,
    recorded: ({ database, storage }) => [
      `export of ${database.alias} to ${storage.alias}, blob `,
      code(storage.blob),
      '.',
    ],
    follows: 'Azure then copies the database to the blob.',
    copies: 'Azure copies the database now.',
    writes: 'Azure writes the BACPAC.',
    done: (transfer) => [['The BACPAC is at ', code(blobAddress(transfer)), '.']],
    crossed: 'went out',
    released: (transfer) => [
      'The BACPAC is at ',
      code(blobAddress(transfer)),
      '. Delete the blob if it must not exist, and find out who could read it in the meantime.',
    ],
    unseen: (transfer) => ['If there is a BACPAC at ', code(blobAddress(transfer)), ', data went out.'],
    again: ({ database, storage, privateLink }) => `/export ${database.alias} to ${storage.alias}${link(privateLink)}`,
  },
  import: {
    title: ({ database, storage }) => `Import of ${fileOf(storage.blob)} to ${database.alias}`,
    recorded: ({ database, storage }) => [
      'import of ',
      code(storage.blob),
      ` from ${storage.alias} to ${database.alias}.`,
    ],
    follows: 'Azure then loads the blob into the database.',
    copies: 'Azure loads the blob into the database now.',
    writes: 'Azure loads the BACPAC into the database.',
    done: (transfer) => [[...databaseWords(transfer), ' is loaded from ', code(blobAddress(transfer)), '.']],
    crossed: 'came in',
    released: (transfer) => [
      ...databaseWords(transfer),
      ' holds what was in ',
      code(blobAddress(transfer)),
      '. Delete the database if it must not exist, and find out who could read it in the meantime.',
    ],
    unseen: (transfer) => [...databaseWords(transfer), ' is no longer empty if data came in.'],
    again: ({ database, storage, privateLink, create }) => {
      const blob = `${storage.alias}/${storage.container}/${storage.blob}`
      return `/import ${blob} to ${database.alias}${create ? creation(create) : ''}${link(privateLink)}`
    },
  },
}

/** What is said of this operation alone. */
export function wordsOf({ operation }: Pick<Request, 'operation'>): Words {
  return words[operation]
}

/** Blob address as the account itself names it. */
export function blobAddress({ plan, request }: Transfer): string {
  return plan?.uri ?? request.storage.uri
}

/** Deletes the empty database that a transfer without data leaves behind; Drawbridge never does. */
export function deleteCommand({ database }: Request): Inline {
  return code(`az sql db delete --ids ${database.id}`)
}

function databaseWords({ request: { database } }: Transfer): Line {
  return ['The database ', code(database.database), ' on server ', code(database.server)]
}

function link(privateLink: boolean): string {
  return privateLink ? '' : ' --no-private-link'
}

/** The options as they are typed: with a unit, and none between number and unit. */
function creation({ edition, objective, maxSizeBytes, redundancy, collation }: Creation): string {
  const options = {
    edition,
    objective,
    'max-size': maxSizeBytes === undefined ? undefined : wholeSize(maxSizeBytes),
    redundancy,
    collation,
  }
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${value}`]))
  return [' --create', ...given].join('')
}

function fileOf(blob: string): string {
  return blob.split('/').at(-1) ?? blob
}
