import {
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { PermanentError, TransientError } from '../transfer/errors.ts'
import { isFailure } from './errors.ts'
import type { Scrubber } from './scrub.ts'

/** Where tokens for Azure come from; secrets are asked for at the moment of the call. */
export type CredentialOptions =
  | { kind: 'default' }
  | { kind: 'managedIdentity'; clientId?: string }
  /** What is left out is read from the environment by the SDK. */
  | { kind: 'workloadIdentity'; tenantId?: string; clientId?: string; tokenFile?: string }
  | { kind: 'servicePrincipal'; tenantId: string; clientId: string; clientSecret(): string | Promise<string> }
  | { kind: 'token'; token(): string | Promise<string> }

/** A credential that answers or fails within `timeout` milliseconds, with errors of ours only, and whose tokens are scrubbed. */
export function createCredential(
  options: CredentialOptions,
  authorityHost: string,
  scrub: Scrubber,
  timeout: number,
): TokenCredential {
  const source = sourceOf(options, authorityHost, scrub)
  return {
    getToken: async (scopes, tokenOptions) => {
      try {
        const credential = await source()
        const token = await within(timeout, (abortSignal) =>
          credential.getToken(scopes, { ...tokenOptions, abortSignal }),
        )
        if (!token) throw new TransientError({ code: 'NoToken', message: 'Microsoft Entra gave no token.' })
        scrub.remember(token.token)
        return token
      } catch (error) {
        throw isFailure(error) ? error : tokenFailure(error, scrub)
      }
    },
  }
}

type Source = () => Promise<TokenCredential>

/** Credentials are made at the first use: their constructors read files and throw. */
function sourceOf(options: CredentialOptions, authorityHost: string, scrub: Scrubber): Source {
  if (options.kind === 'servicePrincipal') return principalSource(options, authorityHost, scrub)
  if (options.kind === 'token') {
    // Short-lived, so that a changed token is picked up.
    const getToken = async () => ({ token: await options.token(), expiresOnTimestamp: Date.now() + 300_000 })
    return async () => ({ getToken })
  }
  let made: TokenCredential | undefined
  return async () => {
    made ??= make(options, authorityHost)
    return made
  }
}

type Ambient = Exclude<CredentialOptions, { kind: 'servicePrincipal' | 'token' }>

function make(options: Ambient, authorityHost: string): TokenCredential {
  if (options.kind === 'default') return new DefaultAzureCredential({ authorityHost })
  if (options.kind === 'managedIdentity') {
    return options.clientId === undefined
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId: options.clientId })
  }
  const { tenantId, clientId, tokenFile } = options
  return new WorkloadIdentityCredential({
    authorityHost,
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(tokenFile === undefined ? {} : { tokenFilePath: tokenFile }),
  })
}

type Principal = Extract<CredentialOptions, { kind: 'servicePrincipal' }>

function principalSource(options: Principal, authorityHost: string, scrub: Scrubber): Source {
  let last: { secret: string; credential: TokenCredential } | undefined
  return async () => {
    const secret = await options.clientSecret()
    scrub.remember(secret)
    if (last?.secret !== secret) {
      last = {
        secret,
        credential: new ClientSecretCredential(options.tenantId, options.clientId, secret, { authorityHost }),
      }
    }
    return last.credential
  }
}

/** The SDK's own time limits add up to minutes. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TransientError({ code: 'TokenTimeout', message: 'Microsoft Entra gave no token in time.' }))
      abort.abort()
    }, ms)
  })
  try {
    return await Promise.race([work(abort.signal), limit])
  } finally {
    clearTimeout(timer)
  }
}

function tokenFailure(error: unknown, scrub: Scrubber): PermanentError | TransientError {
  const refused = [error, ...(error instanceof AggregateError || hasErrors(error) ? error.errors : [])].find(isRefused)
  const detail = refused && /AADSTS\d+[^\r\n]*/.exec(refused.message)?.[0]
  if (refused) {
    const why = detail ? scrub.clean(detail) : 'The credential is wrong or unknown.'
    return new PermanentError({ code: 'AuthenticationFailed', message: `Microsoft Entra refused the sign-in: ${why}` })
  }
  const message = 'No token could be had from Microsoft Entra or the managed identity.'
  return new TransientError({ code: 'CredentialUnavailable', message })
}

function hasErrors(error: unknown): error is { errors: unknown[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/** Sign-ins that were refused for good have HTTP 400 or 401; everything else may pass. */
function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error) || error.name !== 'AuthenticationError' || !('statusCode' in error)) return false
  return error.statusCode === 400 || error.statusCode === 401 || error.statusCode === 403
}
