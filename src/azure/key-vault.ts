import type { PipelinePolicy } from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets'
import type { CloudEndpoints } from '../transfer/clouds.ts'
import { PermanentError } from '../transfer/errors.ts'
import { jsonOf, record, textOf } from './answer.ts'
import type { VaultSecret } from './context.ts'
import { answerIn, type Errors } from './errors.ts'
import { answersPolicy, createAgents } from './policies.ts'
import type { Scrubber } from './scrub.ts'

/** The way to Key Vault; nothing is kept, so that a changed secret counts from the next call on. */
export type Vaults = {
  /** The value of a secret, known to the scrubber before anybody sees it; fails with errors of ours only. */
  read(secret: VaultSecret): Promise<string>
  /** Whether the value of a secret was read before, so that the scrubber knows it. */
  knows(secret: VaultSecret): boolean
  close(): void
}

/** What vaults are reached with; `url` is where a pretended Key Vault on this machine has its vaults. */
export type VaultSetup = {
  cloud: CloudEndpoints
  url: string | undefined
  credential: TokenCredential
  scrub: Scrubber
  errors: Errors
  requestTimeout: number
}

/** Reads from the vaults of the cloud alone: their hosts are made of a name and the cloud's own domain. */
export function createVaults(setup: VaultSetup): Vaults {
  const { scrub, requestTimeout } = setup
  const agents = createAgents()
  const sockets: PipelinePolicy = {
    name: 'drawbridgeSockets',
    sendRequest: (request, next) => {
      agents.pick(request, false)
      return next(request)
    },
  }
  const clients = new Map<string, SecretClient>()
  const known = new Set<string>()
  const clientOf = (vault: string) => {
    const found = clients.get(vault) ?? makeClient(vault, setup, sockets)
    clients.set(vault, found)
    return found
  }
  return {
    knows: (secret) => known.has(placeOf(secret)),
    read: async (secret) => {
      const { vault, name, version } = secret
      const options = {
        abortSignal: AbortSignal.timeout(requestTimeout),
        ...(version === undefined ? {} : { version }),
      }
      const { value } = await clientOf(vault)
        .getSecret(name, options)
        .catch((error: unknown) => {
          throw failureOf(setup.errors, error)
        })
      if (!value?.trim()) {
        throw new PermanentError({ code: 'SecretEmpty', message: `The secret ${name} of ${vault} is empty.` })
      }
      scrub.remember(value)
      known.add(placeOf(secret))
      return value
    },
    close: agents.close,
  }
}

function makeClient(vault: string, { cloud, url, credential }: VaultSetup, sockets: PipelinePolicy): SecretClient {
  const options: SecretClientOptions & { allowInsecureConnection: boolean } = {
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: 'Drawbridge' },
    allowInsecureConnection: url !== undefined,
    // A vault's challenge names the domain that its token is for, and that is never this machine.
    disableChallengeResourceVerification: url !== undefined,
    additionalPolicies: [
      { policy: answersPolicy(), position: 'perCall' },
      { policy: sockets, position: 'perCall' },
    ],
  }
  return new SecretClient(
    url === undefined ? `https://${vault}.${cloud.vaultSuffix}` : `${url}/${vault}`,
    credential,
    options,
  )
}

function placeOf({ vault, name, version = '' }: VaultSecret): string {
  return `${vault}/${name}/${version}`
}

const readAction = 'Microsoft.KeyVault/vaults/secrets/getSecret/action'

/** Key Vault says `Forbidden` to whatever it forbids; why is inside, and only for some of it a role would help. */
function failureOf(errors: Errors, error: unknown): Error {
  const answer = answerIn(error)
  const why = textOf(record(record(jsonOf(answer?.text ?? '')?.error)?.innererror)?.code)
  const closed = answer?.status === 403 && /^(SecretDisabled|ForbiddenByFirewall|ForbiddenByConnection)$/.test(why)
  if (!answer || !closed) return errors.failureOf(error, readAction)
  return new PermanentError({ ...errors.faultOf(answer), code: why })
}
