import type { Delivery, Notice } from './types.ts'
import type { World } from './world.ts'

/** Tells the person what Slack shows when the app's answer is missing or wrong; undefined when all is well. */
export function noticeFor(
  world: World,
  delivery: Delivery,
  about: { user: string; channel?: string; what: string },
  problem?: Notice['error'],
): Notice | undefined {
  const error = problem ?? errorOf(delivery)
  if (!error) return undefined
  const place = about.channel ? { channel: about.channel } : {}
  const notice: Notice = { at: world.now(), user: about.user, ...place, about: about.what, error }
  world.state.notices.push(notice)
  world.changed()
  return notice
}

function errorOf({ status, error }: Delivery): Notice['error'] | undefined {
  if (!error) return undefined
  if (error === 'operation_timeout') return 'operation_timeout'
  return status >= 500 ? 'http_service_error' : 'dispatch_failed'
}
