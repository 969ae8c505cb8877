import { createRequire } from 'node:module'

/**
 * Expands a template of an Adaptive Card with data. Data is never evaluated: a `${x}` in it comes out as it went in; one
 * of the template that is left over throws, because the library leaves what it can't resolve standing on the card.
 */
export function expander(template: object): (data: object) => unknown {
  const prepared = new Template(template)
  return (data) => {
    const marked: unknown = JSON.parse(JSON.stringify(data).replaceAll(opening, markedOpening))
    const expanded = JSON.stringify(prepared.expand({ $root: marked }))
    const at = expanded.indexOf(opening)
    if (at !== -1) throw new Error(`A card's template has no value for ${expanded.slice(at, at + 60)}`)
    return JSON.parse(expanded.replaceAll(markedOpening, opening))
  }
}

type Library = { Template: new (template: object) => { expand(context: { $root: unknown }): unknown } }

// Required and not imported: the library's types pull in TypeScript sources that our compiler options refuse.
const { Template }: Library = createRequire(import.meta.url)('adaptivecards-templating')

/** What begins an expression, and what stands for it in data meanwhile: an escape of JSON, so that no text holds it. */
const opening = '${'
const markedOpening = '$\\u0000{'
