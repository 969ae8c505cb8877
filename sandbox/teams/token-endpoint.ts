import { randomUUID } from 'node:crypto'
import type { Reply } from './errors.ts'
import { outboundToken } from './keys.ts'
import { APP, FOREIGN_TENANT, HOME_TENANT } from './seed.ts'
import type { IssuedToken } from './types.ts'
import type { World } from './world.ts'

/** The services that the app can get tokens for. */
export const CONNECTOR = 'https://api.botframework.com'
export const GRAPH = 'https://graph.microsoft.com'
const SCOPES = [CONNECTOR, GRAPH].map((audience) => `${audience}/.default`)
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

type Problem = [status: number, error: string, code: number, message: string]

/** What the token endpoint knows of the app. */
export type TokenSettings = { appPassword: string; tokenSeconds: number }

/** Answers POST /{tenant}/oauth2/v2.0/token for the grant client_credentials as Entra does. */
export async function issueToken(
  world: World,
  settings: TokenSettings,
  tenant: string,
  form: URLSearchParams,
): Promise<Reply> {
  const problem = problemWith(tenant, form, settings)
  if (problem) return entraError(world, problem)
  const seconds = settings.tokenSeconds
  const at = Math.floor(world.now() / 1000)
  const audience = (form.get('scope') ?? '').replace(/\/\.default$/, '')
  const token = await outboundToken(audience, HOME_TENANT, APP.id, at, seconds)
  world.state.tokens.push({
    token,
    audience,
    roles: audience === GRAPH ? world.graph.permissions : [],
    appId: APP.id,
    tenantId: HOME_TENANT,
    issuedAt: at * 1000,
    expiresAt: (at + seconds) * 1000,
  })
  const headers = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }
  const body = { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token }
  return { status: 200, body, headers }
}

/** True for an Authorization header with a token that this app was given for the connector and that is still good. */
export function tokenIsGood(world: World, authorization: string | undefined): boolean {
  return goodToken(world, authorization, CONNECTOR) !== undefined
}

/** The token of an Authorization header, when this app was given it for this service and it is still good. */
export function goodToken(world: World, authorization: string | undefined, audience: string): IssuedToken | undefined {
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  return world.state.tokens.find(
    (issued) => issued.token === given && issued.audience === audience && issued.expiresAt > world.now(),
  )
}

function problemWith(tenant: string, form: URLSearchParams, { appPassword }: TokenSettings): Problem | undefined {
  const grant = form.get('grant_type')
  const client = form.get('client_id')
  const scope = form.get('scope')
  for (const [name, value] of Object.entries({ grant_type: grant, client_id: client, scope })) {
    if (!value)
      return [400, 'invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`]
  }
  if (grant !== 'client_credentials') {
    return [400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grant}'.`]
  }
  return (
    problemWithTenant(tenant, client ?? '') ?? problemWithScope(scope ?? '') ?? problemWithSecret(form, appPassword)
  )
}

function problemWithTenant(tenant: string, client: string): Problem | undefined {
  const known = [HOME_TENANT, FOREIGN_TENANT, 'botframework.com', 'common', 'organizations'].includes(tenant)
  if (!known) {
    const why = GUID.test(tenant) ? 'Check to make sure you have the correct tenant ID.' : 'Check the domain.'
    return [400, 'invalid_request', 90002, `Tenant '${tenant}' not found. ${why}`]
  }
  if (tenant === HOME_TENANT && client === APP.id) return undefined
  const where = `was not found in the directory '${tenant}'`
  return [400, 'unauthorized_client', 700016, `Application with identifier '${client}' ${where}.`]
}

function problemWithScope(scope: string): Problem | undefined {
  if (SCOPES.includes(scope)) return undefined
  if (scope.endsWith('/.default')) {
    const name = scope.slice(0, -'/.default'.length)
    return [400, 'invalid_resource', 500011, `The resource principal named ${name} was not found in the tenant.`]
  }
  const rule = 'Client credential flows must have a scope value with /.default suffixed to the resource identifier'
  return [400, 'invalid_scope', 1002012, `The provided value for scope ${scope} is not valid. ${rule}.`]
}

function problemWithSecret(form: URLSearchParams, appPassword: string): Problem | undefined {
  const secret = form.get('client_secret')
  if (secret === appPassword) return undefined
  if (!secret) {
    const needed = "'client_assertion', 'client_secret' or 'request' is required"
    return [401, 'invalid_client', 7000216, `${needed} for the 'client_credentials' grant type.`]
  }
  const hint =
    'Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app'
  return [401, 'invalid_client', 7000215, `Invalid client secret provided. ${hint} '${APP.id}'.`]
}

function entraError(world: World, [status, error, code, message]: Problem): Reply {
  const trace = randomUUID()
  const correlation = randomUUID()
  const timestamp = `${new Date(world.now()).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const where = `Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`
  const body = {
    error,
    error_description: `AADSTS${code}: ${message} ${where}`,
    error_codes: [code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  }
  return { status, body }
}
