import type { Line } from '../transfer/text.ts'
import { clickForms, inputId, isFormId, longestWords } from './click-forms.ts'
import { clip } from './phrases.ts'
import { type Button, readButtonValue, type View } from './view.ts'

/** Buttons as the template shows them: `clicks` count at once, `steps` unfold a part of the card with a second button. */
export type Steps = (buttons: readonly Button[]) => { clicks: readonly object[]; steps: readonly object[] }

const longestLabel = 40
const styles = { primary: 'positive', danger: 'destructive', plain: 'default' } as const

/** The buttons of one view, with the ids of all fields different from each other, as Teams takes no two that are the same. */
export function stepsOf({ blocks }: View, textOf: (line: Line) => string): Steps {
  const buttons = blocks.flatMap((block) => (block.kind === 'actions' ? block.buttons : []))
  const first = new Map(buttons.toReversed().flatMap(({ id, value }) => (isFormId(id) ? [[inputId(id), value]] : [])))
  return (some) => ({
    clicks: some.filter((button) => !isStep(button)).map((button) => ({ ...common(button), data: dataOf(button) })),
    steps: some.filter(isStep).map((button) => stepOf(button, first, textOf)),
  })
}

function isStep({ id, confirm }: Button): boolean {
  return isFormId(id) || confirm !== undefined
}

function stepOf(button: Button, first: ReadonlyMap<unknown, unknown>, textOf: (line: Line) => string): object {
  const { id, value, confirm } = button
  const step = { ...common(button), data: dataOf(button) }
  if (!isFormId(id)) {
    return { ...step, send: confirm?.yes ?? '', says: [{ text: textOf([confirm?.text ?? '']) }], inputs: [] }
  }
  const { label, required, missing, send } = clickForms[id]
  const isFirst = first.get(inputId(id)) === value
  const input = { id: inputId(id, isFirst ? undefined : readButtonValue(value)?.transfer), label, most: longestWords }
  return { ...step, send, says: [], inputs: [{ ...input, required, missing: missing || 'Write something.' }] }
}

function common({ id, label, style = id === 'comment' ? 'primary' : undefined }: Button): object {
  return { verb: id, label: clip(label, longestLabel), style: styles[style ?? 'plain'] }
}

function dataOf({ id, value }: Button): object {
  const read = readButtonValue(value)
  if (!read) throw new Error(`The button ${id} carries no transfer`)
  const { transfer, digest } = read
  return { verb: id, transfer, ...(digest === '' ? {} : { digest }) }
}
