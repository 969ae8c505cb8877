import type { types } from '@slack/bolt'
import { linesToBlocks } from '../cards/block-kit.ts'
import type { Line } from '../transfer/text.ts'

/** The callback_id of the form that asks for the reason of a no. */
export const denyForm = 'deny'

/** What the form carries from the click (`home`: in the Home tab) to its submission: no secret, and looked up again when it comes back. */
export type DenyContext = { transfer: string; digest: string; channel: string; home?: true }

const BLOCK = 'reason'
const LONGEST_REASON = 500

/** The form that asks why. */
export function denyView(context: DenyContext): types.ModalView {
  return {
    type: 'modal',
    callback_id: denyForm,
    private_metadata: JSON.stringify(context),
    title: { type: 'plain_text', text: 'Deny' },
    submit: { type: 'plain_text', text: 'Deny' },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: BLOCK,
        label: { type: 'plain_text', text: 'Why? The requester and the thread will see it.' },
        element: {
          type: 'plain_text_input',
          action_id: BLOCK,
          multiline: true,
          min_length: 1,
          max_length: LONGEST_REASON,
          focus_on_load: true,
        },
      },
    ],
  }
}

/** The form's answer to a no that was not taken. */
export function refusedView(lines: readonly Line[]): types.ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'Not recorded' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: linesToBlocks(lines),
  }
}

/** An error below the field, the text in it kept. */
export function reasonError(text: string): { response_action: 'errors'; errors: Record<string, string> } {
  return { response_action: 'errors', errors: { [BLOCK]: text } }
}

/** The context and the reason of a submitted form; the reason is empty when it was only white space. */
export function readDenyForm(view: {
  private_metadata: string
  state: { values: Record<string, Record<string, { value?: string | null }>> }
}): DenyContext & { reason: string } {
  const { transfer = '', digest = '', channel = '', home } = JSON.parse(view.private_metadata) as Partial<DenyContext>
  return {
    transfer,
    digest,
    channel,
    ...(home ? { home } : {}),
    reason: view.state.values[BLOCK]?.[BLOCK]?.value?.trim() ?? '',
  }
}
