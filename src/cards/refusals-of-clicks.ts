import { forms } from './forms.ts'
import { code } from './phrases.ts'
import { whom } from './refusals-of-people.ts'
import type { Say } from './refusals-of-text.ts'
import { statusText } from './status-words.ts'

/** Refusals of questions, of withdrawals and of whoever comes after one. */
export const refusalsOfClicks = {
  already_withdrawn: ({ by }) => [
    [
      'Its requester, ',
      whom(by),
      ', has withdrawn this, so nothing is left to decide or to stop. The thread tells how it ends.',
    ],
  ],
  not_stoppable: ({ status }) => [
    [
      'There is nothing to stop any more',
      ...(status ? [`: the transfer is at “${statusText(status)}”`] : []),
      '. The thread tells the rest.',
    ],
  ],
  not_withdrawer: ({ id }) => [
    [
      'Only whoever asked for it can withdraw a request. Approvers and operators can stop it: ',
      code(forms.cancel.replace('<id>', id ?? '<id>')),
      '.',
    ],
  ],
  not_asking: ({ status }) => [
    [
      'Questions can be asked here only while approvers decide',
      ...(status ? [`, and the transfer is at “${statusText(status)}”`] : []),
      '. Write to the requester in its thread.',
    ],
  ],
  too_many_questions: ({ most }) => [
    [
      `${most ?? 'Too many'} questions were asked about this already, and no more are taken. Write in the thread of the request, or decide.`,
    ],
  ],
  question_required: () => [['A question is needed: write what you want to know, and send again.']],
  question_too_long: ({ length, most }) => [
    [`The question has ${length ?? 'too many'} characters, and ${most ?? '500'} fit. Shorten it and ask again.`],
  ],
} satisfies Readonly<Record<string, Say>>
