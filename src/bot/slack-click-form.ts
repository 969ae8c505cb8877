import type { types } from '@slack/bolt'
import { linesToBlocks } from '../cards/block-kit.ts'
import { clickForms, type FormId, longestWords } from '../cards/click-forms.ts'
import type { Line } from '../transfer/text.ts'

/** What the form carries from the click (`home`: in the Home tab) to its submission: no secret, and looked up again when it comes back. */
export type ClickContext = { transfer: string; digest: string; channel: string; home?: true }

/** The form that asks for the words of a click; its callback_id is the button's id. */
export function clickView(id: FormId, context: ClickContext): types.ModalView {
  const { title, field, label, required, send } = clickForms[id]
  return {
    type: 'modal',
    callback_id: id,
    private_metadata: JSON.stringify(context),
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: send },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: field,
        label: { type: 'plain_text', text: label },
        ...(required ? {} : { optional: true }),
        element: {
          type: 'plain_text_input',
          action_id: field,
          multiline: true,
          ...(required ? { min_length: 1 } : {}),
          max_length: longestWords,
          focus_on_load: true,
        },
      },
    ],
  }
}

/** The form's answer to what was not taken. */
export function refusedView(lines: readonly Line[]): types.ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'Not recorded' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: linesToBlocks(lines),
  }
}

/** An error below the field, the text in it kept. */
export function fieldError(id: FormId, text: string): { response_action: 'errors'; errors: Record<string, string> } {
  return { response_action: 'errors', errors: { [clickForms[id].field]: text } }
}

/** The context and the words of a submitted form; they are empty when there was only white space. */
export function readClickForm(
  id: FormId,
  view: {
    private_metadata: string
    state: { values: Record<string, Record<string, { value?: string | null }>> }
  },
): ClickContext & { words: string } {
  const { field } = clickForms[id]
  const { transfer = '', digest = '', channel = '', home } = JSON.parse(view.private_metadata) as Partial<ClickContext>
  return {
    transfer,
    digest,
    channel,
    ...(home ? { home } : {}),
    words: view.state.values[field]?.[field]?.value?.trim() ?? '',
  }
}
