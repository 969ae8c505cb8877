import type { ButtonId } from './view.ts'

/** A button that asks for words before it counts: Slack opens a form, Teams unfolds one in the card. */
export type ClickForm = {
  title: string
  /** Under which name the words come back. */
  field: string
  label: string
  required: boolean
  /** What stands at the field when it was left empty. */
  missing: string
  send: string
}

/** The most that fits into such a field, in characters. */
export const longestWords = 500

/** The buttons that ask for words. */
export type FormId = Exclude<ButtonId, 'approve'>

export const clickForms: Readonly<Record<FormId, ClickForm>> = {
  comment: {
    title: 'Approve with comment',
    field: 'comment',
    label: 'Comment (may be left out). The requester and the thread will see it.',
    required: false,
    missing: '',
    send: 'Approve',
  },
  question: {
    title: 'Ask a question',
    field: 'question',
    label: 'What do you want to know? The requester is asked in the thread, and the time to decide goes on.',
    required: true,
    missing: 'Write what you want to know.',
    send: 'Ask',
  },
  deny: {
    title: 'Deny',
    field: 'reason',
    label: 'Why? The requester and the thread will see it.',
    required: true,
    missing: 'Say in a few words why.',
    send: 'Deny',
  },
  withdraw: {
    title: 'Withdraw',
    field: 'reason',
    label: 'Why (may be left out)? The approvers and the thread will see it.',
    required: false,
    missing: '',
    send: 'Withdraw',
  },
}

/** The id of the field in a card of Teams, where no two may be the same; for one of several buttons of a kind, with its transfer. */
export function inputId(id: FormId, transfer?: string): string {
  return transfer === undefined ? clickForms[id].field : `${clickForms[id].field}-${transfer}`
}

/** True for a button that asks for words. */
export function isFormId(id: string): id is FormId {
  return Object.hasOwn(clickForms, id)
}
