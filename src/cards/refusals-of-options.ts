import type { Line } from '../transfer/text.ts'
import { forms } from './forms.ts'
import { code } from './phrases.ts'
import { meant, named, type Say } from './refusals-of-text.ts'

/** Refusals of a command's options. */
export const refusalsOfOptions = {
  unknown_flag: ({ flag, suggestion }) => [
    ['There is no option ', named(flag, 'of that name'), '.', ...meant(suggestion)],
    [
      'The options are ',
      code('--reason "…"'),
      ', ',
      code('--no-private-link'),
      ', ',
      code('--dry-run'),
      ', of an export ',
      code('--blob name'),
      ', and of an import ',
      code('--create'),
      ' with ',
      code('--edition'),
      ', ',
      code('--objective'),
      ', ',
      code('--max-size'),
      ', ',
      code('--redundancy'),
      ' and ',
      code('--collation'),
      '.',
    ],
  ],
  flag_without_value: ({ flag }) => [
    ['The option ', named(flag, 'at the end'), ' needs a value: ', code(flagExample(flag)), '.'],
  ],
  flag_with_value: ({ flag }) => [
    ['The option ', named(flag, 'at the end'), ' takes no value. Write it alone, or leave it out.'],
  ],
  flag_of_import: ({ flag }) => [
    [
      'The option ',
      named(flag, 'at the end'),
      ' is for an import, which makes a database. Leave it out, or write ',
      code(forms.import),
      '.',
    ],
  ],
  flag_of_export: ({ flag }) => [
    [
      'The option ',
      named(flag, 'at the end'),
      ' is for an export. Name the blob after its container: ',
      code(forms.import),
      '.',
    ],
  ],
  flag_needs_create: ({ flag }) => [
    [
      'The option ',
      named(flag, 'at the end'),
      ' is for a database that is to be made. Add ',
      code('--create'),
      ', or leave it out.',
    ],
  ],
  bad_size: ({ size }) => [
    [named(size, 'That'), ' is no size. Write a number and its unit, such as ', code('--max-size 250GB'), '.'],
  ],
  bad_redundancy: ({ redundancy }) => [
    [
      named(redundancy, 'That'),
      ' is no backup redundancy. Write ',
      code('--redundancy Local'),
      ', Zone, Geo or GeoZone.',
    ],
  ],
  bad_collation: ({ collation }) => [
    [
      named(collation, 'That'),
      ' is no collation. Write one such as ',
      code('--collation SQL_Latin1_General_CP1_CI_AS'),
      '.',
    ],
  ],
  region_not_possible: ({ region, reason }) => [
    [
      'This subscription may make no database in ',
      named(region, 'that region'),
      ` (${reason ?? 'Azure does not say why'}). Make the database on a server elsewhere, or ask Azure’s support for the region.`,
    ],
  ],
  tier_not_possible: ({ kind = 'tier', wished, possible, region, edition }) => [
    [
      'There is no ',
      kind,
      ' ',
      named(wished, 'of that name'),
      ...(edition ? [' in ', code(edition)] : []),
      ...inRegion(region),
      `. Possible: ${possible ?? 'none'}.`,
    ],
  ],
  size_not_possible: ({ size, edition = '', objective = '', possible, region }) => [
    [
      named(size, 'That size'),
      ` is no size of ${edition} ${objective}`,
      ...inRegion(region),
      `. Possible: ${possible ?? 'none'}.`,
    ],
  ],
  redundancy_not_possible: ({ redundancy, edition = '', possible, region }) => [
    [
      'The backup redundancy ',
      named(redundancy, 'of that name'),
      ` is not offered for ${edition}`,
      ...inRegion(region),
      `. Possible: ${possible || 'none'}.`,
    ],
  ],
  flag_twice: ({ flag }) => [
    ['The option ', named(flag, 'at the end'), ' stands there twice. Write it once, then send the command again.'],
  ],
  blob_twice: () => [
    [
      'The blob is named twice, in the path and with ',
      code('--blob'),
      '. Leave one of them out and send the command again.',
    ],
  ],
} satisfies Readonly<Record<string, Say>>

function inRegion(region: string | undefined): Line {
  return region ? [' in ', code(region)] : []
}

function flagExample(flag = ''): string {
  const examples: Readonly<Record<string, string>> = {
    '--blob': '--blob weekly/orders',
    '--edition': '--edition Standard',
    '--objective': '--objective S3',
    '--max-size': '--max-size 250GB',
    '--redundancy': '--redundancy Local',
    '--collation': '--collation SQL_Latin1_General_CP1_CI_AS',
  }
  return examples[flag] ?? '--reason "monthly audit"'
}
