import type { Millis, Transfer } from '../transfer/model.ts'
import type { Inline, Line } from '../transfer/text.ts'
import { bold } from './phrases.ts'
import { duration } from './quantities.ts'
import { routeTitle } from './route.ts'
import { statusOf } from './status-words.ts'

/** A transfer in one line: `name` (its id), what moves, how it stands, and for how long. */
export function headline({ request, status, ending }: Transfer, at: Millis, name: Inline): Line {
  const { icon, words } = statusOf({ request, status, ...(ending ? { ending } : {}) })
  const took = duration((ending?.at ?? at) - request.at)
  return [`${icon} `, name, ` ${routeTitle(request)}: `, bold(words), `, ${took}`]
}
