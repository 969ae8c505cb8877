import { TransientError } from '../transfer/errors.ts'

/**
 * Tokens of a pretended Teams on this machine, kept until a minute before they run out. The SDK's own library asks for
 * tokens over https only, so these are fetched here.
 */
export function createLocalTokens(options: {
  url: string
  clientId: string
  password: () => string
  scope: string
}): (fresh?: boolean) => Promise<string> {
  const { url, clientId, password, scope } = options
  let kept: { token: string; until: number } | undefined
  return async (fresh = false) => {
    if (!fresh && kept && performance.now() < kept.until) return kept.token
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: password(), scope }
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
    const told = (await answer.json()) as { access_token?: string; expires_in?: number; error?: string }
    if (told.access_token === undefined) {
      throw new TransientError({
        code: told.error ?? `http_${answer.status}`,
        message: 'No token was given for Teams.',
      })
    }
    kept = { token: told.access_token, until: performance.now() + ((told.expires_in ?? 0) - 60) * 1_000 }
    return kept.token
  }
}
