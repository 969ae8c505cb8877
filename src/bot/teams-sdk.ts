import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type ConversationReference,
  TeamsInfo,
  type TurnContext,
} from 'botbuilder'
import { authenticate } from './teams-authenticate.ts'
import { portError } from './teams-errors.ts'
import { createLocalTokens } from './teams-local-token.ts'
import type { TeamsApp, TeamsMember, TeamsMessage, TeamsPlace, TeamsSdk } from './teams-port.ts'

const CALL_WITHIN = 8_000
const channelId = 'msteams'
const scope = { public: 'https://api.botframework.com', government: 'https://api.botframework.us' }

/** The SDK for one app. Nothing is asked of Microsoft before the first call. */
export function createTeamsSdk(app: TeamsApp): TeamsSdk {
  const { appId = '', tenant } = app
  const audience = app.government ? scope.government : scope.public
  const authentication = authenticationOf(app)
  const adapter = new CloudAdapter(patient(authentication))
  const within = async <T>(
    method: string,
    place: TeamsPlace,
    work: (context: TurnContext) => Promise<T>,
  ): Promise<T> => {
    let result: T | undefined
    const run = async (context: TurnContext): Promise<void> => {
      // A reply to the event that opens this turn would be a reply to nothing.
      context.activity.id = undefined as unknown as string
      result = await work(context)
    }
    await called(method, () => adapter.continueConversationAsync(appId, referenceTo(place, appId), audience, run))
    return result as T
  }
  const create = async (method: string, serviceUrl: string, parameters: object): Promise<string> => {
    let made = ''
    const keep = async (context: TurnContext): Promise<void> => {
      made = context.activity.conversation.id
    }
    await called(method, () =>
      adapter.createConversationAsync(appId, channelId, serviceUrl, audience, parameters as never, keep),
    )
    return made
  }
  return {
    async receive(activity, authorization, mayEnter, turn) {
      const asked = { activity, authorization, appId, issuer: audience }
      const checked = await authenticate(
        (one, header) => authentication.authenticateRequest(one as Activity, header),
        asked,
      )
      mayEnter()
      await adapter.processActivityDirect(checked, activity as Activity, turn)
    },
    send: (place, message) =>
      within('sendToConversation', place, async (context) => (await context.sendActivity(full(message)))?.id ?? ''),
    update: (place, id, message) =>
      within('updateActivity', place, async (context) => {
        const { conversation } = context.activity
        await context.updateActivity({ ...full(message), id, conversation } as Activity)
      }),
    remove: (place, id) => within('deleteActivity', place, (context) => context.deleteActivity(id)),
    post: ({ serviceUrl, tenant: at, conversation }, message) =>
      create('createConversation', serviceUrl, {
        isGroup: true,
        tenantId: at,
        bot: botOf(appId),
        channelData: { channel: { id: conversation }, tenant: { id: at } },
        activity: full(message),
      }),
    chatWith: ({ serviceUrl, tenant: at }, user) =>
      create('createConversation', serviceUrl, {
        isGroup: false,
        tenantId: at,
        bot: botOf(appId),
        members: [{ id: user }],
        channelData: { tenant: { id: at } },
      }),
    member: (place, user) =>
      within('getConversationMember', place, async (context) => {
        if (place.team !== undefined)
          context.activity.channelData = { team: { id: place.team }, tenant: { id: tenant } }
        return (await TeamsInfo.getMember(context, user)) as TeamsMember
      }),
    token: tokensOf(app),
  }
}

/** Tokens for other services than the connector, each of which has its own. */
function tokensOf(app: TeamsApp): TeamsSdk['token'] {
  const { appId = '', tenant, government, sandboxUrl } = app
  const login = `https://login.microsoftonline.${government ? 'us' : 'com'}/${tenant}`
  const made = new Map<string, (fresh: boolean) => Promise<string>>()
  const make = async (audience: string): Promise<(fresh: boolean) => Promise<string>> => {
    if (sandboxUrl !== undefined) return localTokens(app, sandboxUrl, audience)
    const credentials = await credentialsOf(app).createCredentials(appId, audience, login, true)
    return (fresh) => (credentials as unknown as AppCredentials).getToken(fresh)
  }
  return (audience, fresh = false) =>
    called('token', async () => {
      const source = made.get(audience) ?? (await make(audience))
      made.set(audience, source)
      return source(fresh)
    })
}

/** What the SDK's credentials of all kinds have in common. */
type AppCredentials = { getToken(forceRefresh: boolean): Promise<string> }

function localTokens({ appId = '', tenant, credential }: TeamsApp, sandboxUrl: string, audience: string) {
  if (appId === '') return async () => ''
  return createLocalTokens({
    url: `${sandboxUrl}/${tenant}/oauth2/v2.0/token`,
    clientId: appId,
    password: () => (credential.kind === 'secret' ? credential.password() : ''),
    scope: `${audience}/.default`,
  })
}

function authenticationOf(app: TeamsApp): ConfigurationBotFrameworkAuthentication {
  const { appId = '', tenant, government, sandboxUrl: sandbox } = app
  if (sandbox === undefined) {
    const channelService = government ? { ChannelService: 'https://botframework.azure.us' } : {}
    return new ConfigurationBotFrameworkAuthentication(channelService, credentialsOf(app))
  }
  const metadata = `${sandbox}/v1/.well-known/openidconfiguration`
  const urls = {
    ToChannelFromBotLoginUrl: `${sandbox}/${tenant}`,
    ToChannelFromBotOAuthScope: scope.public,
    ToBotFromChannelTokenIssuer: scope.public,
    OAuthUrl: sandbox,
    ToBotFromChannelOpenIdMetadataUrl: metadata,
    ToBotFromEmulatorOpenIdMetadataUrl: metadata,
    ValidateAuthority: 'true',
    CallerId: '',
  }
  const token = localTokens(app, sandbox, scope.public)
  const factory = {
    isValidAppId: async (id = '') => id === appId,
    isAuthenticationDisabled: async () => appId === '',
    createCredentials: async () => ({ signRequest: async (request: Signed) => sign(request, await token()) }),
  }
  return new ConfigurationBotFrameworkAuthentication(urls, factory as never)
}

function credentialsOf({ appId, tenant, credential }: TeamsApp): ConfigurationServiceClientCredentialFactory {
  const app = { MicrosoftAppId: appId ?? '', MicrosoftAppTenantId: tenant }
  // An empty app id would switch all checks off.
  if (app.MicrosoftAppId === '') throw new Error('Teams needs an app id.')
  switch (credential.kind) {
    case 'secret':
      return new ConfigurationServiceClientCredentialFactory({
        ...app,
        MicrosoftAppType: 'SingleTenant',
        MicrosoftAppPassword: credential.password(),
      })
    case 'certificate':
      return new ConfigurationServiceClientCredentialFactory({
        ...app,
        MicrosoftAppType: 'SingleTenant',
        CertificateThumbprint: credential.thumbprint,
        CertificatePrivateKey: credential.privateKey(),
      })
    case 'managedIdentity':
      return new ConfigurationServiceClientCredentialFactory({ ...app, MicrosoftAppType: 'UserAssignedMsi' })
  }
}

type Signed = { headers: { set(name: string, value: string): void } }

function sign(request: Signed, token: string): Signed {
  if (token !== '') request.headers.set('authorization', `Bearer ${token}`)
  return request
}

type Authentication = ConfigurationBotFrameworkAuthentication

/** The same authentication, whose connectors repeat nothing (a message could be posted twice) and wait 8 s at most. */
function patient(authentication: Authentication): Authentication {
  const createConnectorFactory: Authentication['createConnectorFactory'] = (claims) => {
    const factory = authentication.createConnectorFactory(claims)
    const create: typeof factory.create = async (serviceUrl, audience) => {
      const connector = await factory.create(serviceUrl, audience)
      const { pipeline } = (connector as unknown as { client: { pipeline: Pipeline } }).client
      pipeline.removePolicy({ name: 'defaultRetryPolicy' })
      pipeline.addPolicy({
        name: 'patience',
        sendRequest: (request, next) => {
          request.timeout = CALL_WITHIN
          return next(request)
        },
      })
      return connector
    }
    return Object.assign(Object.create(factory), { create })
  }
  return Object.assign(Object.create(authentication), { createConnectorFactory })
}

type Pipeline = {
  removePolicy(policy: { name: string }): unknown
  addPolicy(policy: {
    name: string
    sendRequest(
      request: { timeout: number },
      next: (request: { timeout: number }) => Promise<unknown>,
    ): Promise<unknown>
  }): void
}

async function called<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw portError(error, method)
  }
}

function referenceTo({ serviceUrl, conversation, tenant }: TeamsPlace, appId: string): Partial<ConversationReference> {
  const where = { id: conversation, tenantId: tenant } as ConversationReference['conversation']
  return { channelId, serviceUrl, conversation: where, bot: botOf(appId) }
}

function botOf(appId: string): { id: string; name: string } {
  return { id: `28:${appId}`, name: 'Drawbridge' }
}

function full(message: TeamsMessage): Partial<Activity> {
  return { type: 'message', channelId, ...message } as Partial<Activity>
}
