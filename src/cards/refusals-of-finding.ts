import { forms } from './forms.ts'
import { code } from './phrases.ts'
import { meant, named, type Say } from './refusals-of-text.ts'

/** Refusals of questions: lists, histories and what may be seen. */
export const refusalsOfFinding = {
  missing_history: () => [
    ['Of which database? Write ', code(forms.history), '; ', code(forms.help), ' names the databases.'],
  ],
  missing_list_database: () => [['Of which database? Write ', code('/drawbridge list database <name>'), '.']],
  list_twice: ({ one, other }) => [
    [
      'A list shows one kind: ',
      named(one, 'the first'),
      ' or ',
      named(other, 'the other'),
      '. Write ',
      code(forms.listOf),
      '.',
    ],
  ],
  unknown_list_word: ({ word, suggestion }) => [
    [named(word, 'That'), ' is no list and no database.', ...meant(suggestion)],
    ['Write ', code(forms.listOf), '.'],
  ],
  unknown_list_flag: ({ flag, suggestion }) => [
    ['A list has no option ', named(flag, 'of that name'), '.', ...meant(suggestion)],
    ['Write ', code(forms.listOf), '.'],
  ],
  bad_since: ({ since }) => [
    [
      named(since, 'That'),
      ' says no time. Write how long ago, with its unit (',
      code('--since 12h'),
      ', ',
      code('--since 7d'),
      '), or a day of UTC (',
      code('--since 2026-11-01'),
      ').',
    ],
  ],
  home_unread: () => [['What concerns you could not be read in time. Try again in a minute.']],
  groups_unread: () => [
    [
      'Who is in which group cannot be read now, so it is not known what you may see. ',
      code('/drawbridge list mine'),
      ' shows what you asked for yourself; for the rest, try again in a minute.',
    ],
  ],
} satisfies Readonly<Record<string, Say>>
