import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { APP, KEY_IDS } from './seed.ts'
import type { Fields } from './types.ts'
import type { TokenChange } from './use-types.ts'

type Pair = { privateKey: CryptoKey; publicKey: CryptoKey }

/** The key pairs; made once for all sandboxes of a process, since SDKs keep published keys for a day. */
let made: Promise<{ msteams: Pair; webchat: Pair; entra: Pair; foreign: Pair }> | undefined

/** Channels that each published key may speak for. */
const ENDORSEMENTS = {
  msteams: ['msteams', 'skype', 'cortana', 'emulator'],
  webchat: ['webchat'],
}

/** The body of /v1/.well-known/keys. */
export async function publishedKeys(): Promise<{ keys: (JWK & { endorsements: string[] })[] }> {
  const keys = await pairs()
  const named = Object.entries(KEY_IDS) as ['msteams' | 'webchat', string][]
  const published = named.map(async ([name, kid]) => ({
    ...(await exportJWK(keys[name].publicKey)),
    kid,
    x5t: kid,
    use: 'sig',
    endorsements: ENDORSEMENTS[name],
  }))
  return { keys: await Promise.all(published) }
}

/** The body of /v1/.well-known/openidconfiguration. */
export function openIdConfiguration(url: string): Fields {
  return {
    issuer: 'https://api.botframework.com',
    authorization_endpoint: 'https://invalid.botframework.com',
    jwks_uri: `${url}/v1/.well-known/keys`,
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
  }
}

/** A token as Teams sends it to the bot, valid from now for an hour unless `change` says otherwise. */
export async function inboundToken(serviceUrl: string, nowMs: number, change: TokenChange = {}): Promise<string> {
  const { kid = KEY_IDS.msteams, alg = 'RS256', key, ...claims } = change
  const keys = await pairs()
  const nbf = Math.floor(nowMs / 1000) - 1
  const iss = 'https://api.botframework.com'
  const payload = { serviceurl: serviceUrl, nbf, exp: nbf + 3600, iss, aud: APP.id, ...claims }
  if (alg === 'none') return new UnsecuredJWT(payload).encode()
  const pair = key === 'foreign' ? keys.foreign : kid === KEY_IDS.webchat ? keys.webchat : keys.msteams
  const signed = new SignJWT(payload).setProtectedHeader({ alg, kid, x5t: kid, typ: 'JWT' })
  if (alg === 'RS256') return signed.sign(pair.privateKey)
  return signed.sign(new TextEncoder().encode(await exportSPKI(pair.publicKey)))
}

/** A token as Entra issues it to an app for one service. */
export async function outboundToken(
  audience: string,
  tenantId: string,
  appId: string,
  at: number,
  seconds: number,
): Promise<string> {
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: at,
    nbf: at,
    exp: at + seconds,
    appid: appId,
    appidacr: '1',
    tid: tenantId,
    uti: crypto.randomUUID(),
    ver: '1.0',
  }
  const { entra } = await pairs()
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'sandbox-entra-key', typ: 'JWT' })
    .sign(entra.privateKey)
}

async function pairs() {
  made ??= makePairs()
  return made
}

async function makePairs() {
  const make = () => generateKeyPair('RS256', { extractable: true })
  const [msteams, webchat, entra, foreign] = await Promise.all([make(), make(), make(), make()])
  return { msteams, webchat, entra, foreign }
}
