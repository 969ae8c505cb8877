/** What a property must be: a JavaScript type, text that is not empty, or one of these words in any case. */
export type Need = 'string' | 'some' | 'boolean' | 'number' | 'list' | 'object' | readonly string[]

/** What stands in a property: elements or actions, one of them, a card, or objects with needs of their own. */
export type Child =
  | 'elements'
  | 'actions'
  | 'action'
  | 'card'
  | 'inlines'
  | { usual: string }
  | { needs: Record<string, Need> }

/** Required and optional properties of a type, and what it holds. */
export type Shape = { needs?: Record<string, Need>; may?: Record<string, Need>; children?: Record<string, Child> }

const COLORS = ['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention'] as const
const CONTAINER_STYLES = ['default', 'emphasis', 'good', 'attention', 'warning', 'accent'] as const
const SIZES = ['default', 'small', 'medium', 'large', 'extralarge'] as const
const WEIGHTS = ['default', 'lighter', 'bolder'] as const
const ALIGNMENTS = ['left', 'center', 'right'] as const

const COMMON: Record<string, Need> = {
  id: 'string',
  isVisible: 'boolean',
  separator: 'boolean',
  spacing: ['default', 'none', 'small', 'medium', 'large', 'extralarge', 'padding'],
}
const TEXT: Record<string, Need> = {
  ...COMMON,
  color: COLORS,
  size: SIZES,
  weight: WEIGHTS,
  isSubtle: 'boolean',
  wrap: 'boolean',
  maxLines: 'number',
  fontType: ['default', 'monospace'],
  horizontalAlignment: ALIGNMENTS,
  style: ['default', 'columnheader', 'heading'],
}
const INPUT: Record<string, Need> = { ...COMMON, label: 'string', isRequired: 'boolean', errorMessage: 'string' }
const ACTION: Record<string, Need> = {
  id: 'string',
  title: 'string',
  style: ['default', 'positive', 'destructive'],
  mode: ['primary', 'secondary'],
  isEnabled: 'boolean',
  tooltip: 'string',
}
const BOX: Record<string, Need> = { ...COMMON, style: CONTAINER_STYLES, bleed: 'boolean' }
const SENDING: Record<string, Need> = { ...ACTION, associatedInputs: ['auto', 'none'] }
const SELECT = { selectAction: 'action' } as const

/** Every element and action of Adaptive Cards 1.5 that Teams draws. */
export const ELEMENTS: Record<string, Shape> = {
  TextBlock: { needs: { text: 'string' }, may: TEXT },
  TextRun: { needs: { text: 'string' }, may: TEXT, children: SELECT },
  RichTextBlock: { needs: { inlines: 'list' }, may: COMMON, children: { inlines: 'inlines' } },
  Image: { needs: { url: 'some' }, may: COMMON, children: SELECT },
  ImageSet: { needs: { images: 'list' }, may: COMMON, children: { images: { usual: 'Image' } } },
  Media: { needs: { sources: 'list' }, may: COMMON },
  Container: { needs: { items: 'list' }, may: BOX, children: { items: 'elements', ...SELECT } },
  ColumnSet: { may: BOX, children: { columns: { usual: 'Column' }, ...SELECT } },
  Column: { may: BOX, children: { items: 'elements', ...SELECT } },
  FactSet: {
    needs: { facts: 'list' },
    may: COMMON,
    children: { facts: { needs: { title: 'string', value: 'string' } } },
  },
  ActionSet: { needs: { actions: 'list' }, may: COMMON, children: { actions: 'actions' } },
  Table: { may: COMMON, children: { rows: { usual: 'TableRow' } } },
  TableRow: { may: COMMON, children: { cells: { usual: 'TableCell' } } },
  TableCell: { needs: { items: 'list' }, may: BOX, children: { items: 'elements', ...SELECT } },
  'Input.Text': {
    needs: { id: 'some' },
    may: {
      ...INPUT,
      value: 'string',
      placeholder: 'string',
      isMultiline: 'boolean',
      maxLength: 'number',
      regex: 'string',
    },
    children: { inlineAction: 'action' },
  },
  'Input.Number': { needs: { id: 'some' }, may: { ...INPUT, value: 'number', min: 'number', max: 'number' } },
  'Input.Date': { needs: { id: 'some' }, may: { ...INPUT, value: 'string' } },
  'Input.Time': { needs: { id: 'some' }, may: { ...INPUT, value: 'string' } },
  'Input.Toggle': { needs: { id: 'some', title: 'string' }, may: { ...INPUT, value: 'string' } },
  'Input.ChoiceSet': {
    needs: { id: 'some' },
    may: { ...INPUT, value: 'string', style: ['compact', 'expanded', 'filtered'], isMultiSelect: 'boolean' },
    children: { choices: { needs: { title: 'string', value: 'string' } } },
  },
  'Action.OpenUrl': { needs: { url: 'some' }, may: ACTION },
  'Action.Submit': { may: SENDING },
  'Action.Execute': { may: { ...SENDING, verb: 'string' } },
  'Action.ShowCard': { needs: { card: 'object' }, may: ACTION, children: { card: 'card' } },
  'Action.ToggleVisibility': { needs: { targetElements: 'list' }, may: ACTION },
}
