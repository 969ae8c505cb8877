import type { Inline, Line } from '../transfer/text.ts'
import { forms } from './forms.ts'
import { code, people, person } from './phrases.ts'
import { type Facts, named, type Say } from './refusals-of-text.ts'
import { chatWords, statusText } from './status-words.ts'

/** Refusals by policy: who may ask, decide, see and cancel. */
export const refusalsOfPeople = {
  not_requester: ({ rule }) => [
    [
      'You are not among those who may ask for this',
      ...(rule ? [' (rule ', code(rule), ')'] : []),
      '. Ask one of them, or an operator to add you.',
    ],
  ],
  guarded: ({ id, link }) => [
    [
      'This database already has an open transfer',
      ...(id === undefined
        ? ['. Wait until it has ended, then ask again; an operator can say more.']
        : [', ', linked(id, link), '. Wait until it has ended, or have it cancelled, then ask again.']),
    ],
  ],
  limit: ({ open }) => [
    [
      `You have ${open ?? 'too many'} open transfers, and the rule allows no more. Wait for one to end or cancel one: `,
      code(forms.list),
      ' shows them.',
    ],
  ],
  not_approver: () => [['You are not an approver of this transfer. The card names those who are; ask one of them.']],
  own_request: () => [['This is your own request, and nobody decides on their own. Ask another approver.']],
  undeclared: ({ account, platform }) => [
    [
      `This was asked in ${chatWords(platform)}, and only people whose accounts in both chats are declared may decide on it here. Decide there, or have an operator add you to `,
      code('people'),
      ' in ',
      code('drawbridge.yaml'),
      ', with your account ',
      named(account === undefined ? undefined : bareAccount(account), 'here'),
      '.',
    ],
  ],
  already_decided: ({ by, verdict }) => [
    [
      'This is decided already: ',
      whom(by),
      verdict === 'deny' ? ' said no' : ' said yes',
      '. Nothing is left to do; the thread tells how it goes on.',
    ],
  ],
  already_voted: () => [['Your yes is already counted. Until enough people have said yes, Deny takes it back.']],
  stage_full: () => [
    [
      'The stage in which you are an approver has all the yes it needs. The others on the card are still asked; Deny still stops it.',
    ],
  ],
  expired: () => [['The time to decide is over, and nothing was released. The requester can ask again.']],
  replaced_round: ({ round }) => [
    [
      `The facts on this card have changed, and it was replaced${round ? ` by round ${round}` : ''}. Decide on the newest card.`,
    ],
  ],
  not_open: ({ status }) => [
    [
      'There is nothing to decide here',
      ...(status ? [`: the transfer is at “${statusText(status)}”`] : []),
      '. The thread tells the rest.',
    ],
  ],
  already_cancelled: ({ by }) => [
    ['It is being cancelled already, asked by ', whom(by), '. The thread tells when it has ended.'],
  ],
  unknown_transfer: (facts) => unseen(facts),
  // The same sentence as for an id that does not exist: it must not tell that this one does.
  not_visible: (facts) => unseen(facts),
  not_canceller: () => [
    ['Only the requester, the approvers and the operators can cancel a transfer. Ask one of them.'],
  ],
  not_operator: () => [['Only operators can do this. Ask one of them.']],
  not_settleable: ({ status }) => [
    [
      'This transfer needs no settling',
      ...(status ? [`: it is at “${statusText(status)}”`] : []),
      '. Only one whose start is unclear does; ',
      code('/drawbridge status <id>'),
      ' shows how it stands.',
    ],
  ],
  guest: () => [['Guests can neither ask nor decide. Ask a full member of this workspace or organization.']],
  stranger: () => [['Only members of this workspace or organization can ask and decide. Ask one of them.']],
  deactivated: () => [['This account is deactivated, so it can neither ask nor decide. Ask an administrator.']],
  no_approvers: ({ rule, where, need, found, groups }) => [
    [
      'The rule',
      ...(rule ? [' ', code(rule)] : []),
      ' has not enough approvers who could decide on this request',
      ...(need ? [`: ${where ?? 'it'} needs ${need}, and ${found ?? 'not as many'} could say yes besides you`] : []),
      ', so nothing was started. Ask an operator to name more',
      ...(groups ? [', or to add people to ', ...people(groups.split(' '))] : []),
      '.',
    ],
  ],
  reason_required: () => [['A reason is needed: say why, so that the thread can tell it. Write it and send again.']],
} satisfies Readonly<Record<string, Say>>

/** Refusals because of what is or is not in Azure, and of our own side. */
export const refusalsOfWorld = {
  server_not_found: ({ name }) => [
    [
      'Azure has no SQL server ',
      named(name, 'of that name'),
      ' that Drawbridge can see. Check the catalogue and the role of Drawbridge’s identity, then ask again.',
    ],
  ],
  database_not_found: ({ name, server }) => [
    [
      'Azure has no database ',
      named(name, 'of that name'),
      ...on(server),
      '. Check whether it was renamed or deleted, then ask again.',
    ],
  ],
  target_not_found: ({ name, server }) => [
    [
      'Azure has no database ',
      named(name, 'of that name'),
      ...on(server),
      ' to import into. Add ',
      code('--create'),
      ' to have an empty one made, or name one that is there.',
    ],
  ],
  account_not_found: ({ name }) => [
    [
      'Azure has no storage account ',
      named(name, 'of that name'),
      ' that Drawbridge can see. Check the catalogue and the role of Drawbridge’s identity, then ask again.',
    ],
  ],
  container_not_found: ({ name, account }) => [
    [
      'There is no container ',
      named(name, 'of that name'),
      ...on(account),
      '. Create it, or name another one, then ask again.',
    ],
  ],
  database_not_online: ({ name, status }) => [
    [
      'The database ',
      named(name, 'itself'),
      ` is not online${status ? ` (Azure says ${status})` : ''}. Wait until it is, or resume it in the portal, then ask again.`,
    ],
  ],
  database_reserved: ({ name }) => [
    ['The database ', named(name, 'itself'), ' belongs to the system and is never moved. Name another one.'],
  ],
  database_busy: ({ job }) => [
    [
      'Another import or export runs on this database',
      ...(job ? [' (', code(job), ')'] : []),
      '. Wait until it has ended (the server’s import/export history shows it), then ask again.',
    ],
  ],
  operation_not_found: ({ operation }) => [
    [
      'Azure knows no operation ',
      named(operation, 'of that id'),
      ' on this database. Check the id in the portal and settle again.',
    ],
  ],
  operation_not_ours: ({ operation }) => [
    [
      'The operation ',
      named(operation, 'of that id'),
      ' is another job, not the one of this transfer’s blob. Check the id in the portal and settle again.',
    ],
  ],
  preflight: () => [['A check found that Azure would refuse or fail. Correct what the thread names, then ask again.']],
  try_again: () => [
    ['This could not be checked and recorded in time, so nothing was recorded. Try again in a minute.'],
  ],
  store_down: () => [
    [
      'Drawbridge’s own store does not answer, so nothing was recorded. Try again in a few minutes; tell an operator if it stays so.',
    ],
  ],
  store_unsure: () => [
    [
      'The connection to Drawbridge’s own store broke off, so it is not certain whether this was recorded. ',
      code(forms.list),
      ' shows it if it was; if not, try again in a few minutes.',
    ],
  ],
} satisfies Readonly<Record<string, Say>>

function unseen({ id }: Facts): readonly Line[] {
  return [
    [
      'There is no transfer ',
      named(id, 'of that id'),
      ' that you can see. ',
      code(forms.list),
      ' shows those that you can.',
    ],
  ]
}

/** The account without its workspace or tenant, as the configuration writes it. */
function bareAccount(account: string): string {
  return account.slice(account.lastIndexOf('/') + 1)
}

function linked(id: string | undefined, link: string | undefined): Inline {
  return link === undefined ? named(id, 'asked for before') : { link, label: id ?? 'this one' }
}

/** Who came first, by name where it is known. */
export function whom(by: string | undefined): Inline {
  return by === undefined ? 'somebody else' : person(by)
}

function on(place: string | undefined): Line {
  return place === undefined ? [] : [' on ', code(place)]
}
