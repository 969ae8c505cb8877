import { ok } from './answers.ts'
import { same } from './format.ts'
import type { VaultSecret } from './types.ts'
import type { Answer, Handler, World } from './world.ts'

const tenant = '44444444-4444-4444-4444-444444444444'

/** GetSecret of Key Vault; the newest version unless one is named. A call without its token is told where to get one. */
export const getSecret: Handler = (call, world) => {
  if (call.headers.authorization !== `Bearer ${world.token}`) return challenge(call.headers.authorization)
  if (!call.query.get('api-version')) return refusal(400, 'BadParameter', 'api-version must be specified')
  const { vault = '', secret = '', version } = call.params
  const found = find(world, vault, secret, version)
  if (found === undefined) {
    const message = `A secret with (name/id) ${secret}${version ? `/${version}` : ''} was not found in this key vault.`
    return refusal(
      404,
      'SecretNotFound',
      `${message} If you recently deleted this secret you may be able to recover it.`,
    )
  }
  if (found.closed === 'SecretDisabled') {
    return refusal(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', found.closed)
  }
  if (found.closed === 'ForbiddenByFirewall') {
    const message = 'Client address is not authorized and caller is not a trusted service.'
    return refusal(403, 'Forbidden', message, found.closed)
  }
  if (found.closed === 'ForbiddenByRbac') {
    const message = 'Caller is not authorized to perform action on resource.'
    return refusal(
      403,
      'Forbidden',
      `${message}\r\nAssignment: (not found)\r\nVault: ${vault};location=westeurope`,
      found.closed,
    )
  }
  const id = `https://${found.vault}.vault.azure.net/secrets/${found.name}/${found.version}`
  const attributes = { enabled: true, created: 1_763_600_000, updated: 1_763_600_000, recoveryLevel: 'Recoverable' }
  return ok({ value: found.value, id, attributes, tags: {} })
}

function find(world: World, vault: string, name: string, version: string | undefined): VaultSecret | undefined {
  const mine = world.state.vaultSecrets.filter((each) => same(each.vault, vault) && same(each.name, name))
  return version ? mine.find((each) => each.version === version) : mine.at(-1)
}

function challenge(given: string | undefined): Answer {
  const where = `authorization="https://login.microsoftonline.com/${tenant}", resource="https://vault.azure.net"`
  const wrong = given === undefined ? '' : ', error="invalid_token"'
  const message =
    given === undefined ? 'AKV10000: Request is missing a Bearer or PoP token.' : 'AKV10032: Invalid issuer.'
  const answer = refusal(401, 'Unauthorized', message)
  return { ...answer, headers: { 'www-authenticate': `Bearer ${where}${wrong}` } }
}

function refusal(status: number, code: string, message: string, why?: string): Answer {
  const inner = why === undefined ? {} : { innererror: { code: why } }
  return { status, body: { error: { code, message, ...inner } } }
}
