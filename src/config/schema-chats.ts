import { z } from 'zod'
import { choice, guid, kindOf, list, loopbackUrl, optionalList, serviceUrl, strict, text } from './fields.ts'
import { isEntraGroup, placeForm, principalForm, slackPersonForm, teamsPersonForm } from './ids.ts'
import { complaint } from './wording.ts'

/** How Slack is reached. */
export const slackSchema = strict(
  {
    team: text(/^T[A-Z0-9]{2,}$/, 'the id of the Slack workspace, as T0123ABCD'),
    mode: choice(['socket', 'http']),
    apiUrl: serviceUrl('https://slack.com/api').optional(),
  },
  'team and mode',
)

const kinds = 'kind: secret, certificate or managedIdentity'
const credential = z.discriminatedUnion(
  'kind',
  [
    strict({ kind: z.literal('secret') }, kinds),
    strict({ kind: z.literal('managedIdentity') }, kinds),
    strict(
      {
        kind: z.literal('certificate'),
        thumbprint: text(/^[0-9a-f]{40}$/i, 'the thumbprint of the certificate, 40 hexadecimal digits'),
      },
      kinds,
    ),
  ],
  { error: ({ input }) => complaint(kindOf(input), kinds) },
)

/** How Teams is reached; that it is not reached without an app id is checked elsewhere. */
export const teamsSchema = strict(
  {
    tenant: guid('the id of the Entra tenant of the bot'),
    tenants: list(guid('a tenant id'), 'a list of tenant ids, or leave it out for teams.tenant alone').optional(),
    appId: guid('the app (client) id of the bot').optional(),
    credential: credential.prefault({ kind: 'secret' }),
    sandboxUrl: loopbackUrl('http://127.0.0.1:4003').optional(),
  },
  'tenant, appId and credential',
)

const slackPrincipal = 'a Slack id, U… or W… (a person) or S… (a user group)'
const objectId = 'the Entra object id of a person in Teams, as 5a000000-0000-4000-8000-000000000002'

const entraGroup = 'group:<object id> for an Entra group'

/** Who may decide or see. */
export const approver = text(principalForm, `${slackPrincipal}, not a name, or ${objectId}, or ${entraGroup}`)

/** Who may ask. */
export const requester = text(
  new RegExp(`${principalForm.source}|^anyone$`),
  `${slackPrincipal}, not a name, ${objectId}, ${entraGroup}, or anyone`,
)

const chatPlace =
  'a Slack id, C… or G… (a channel) or U… (a person), a conversation id of Teams (19:…@thread.tacv2), the Entra object id of a person'
const decoded = 'the conversation id alone and decoded, as 19:…@thread.tacv2: in a link %3A stands for : and %40 for @'
const isEncoded = (written: unknown): boolean => typeof written === 'string' && /19%3a/i.test(written)

/** Where cards go. */
export const place = text(new RegExp(`${placeForm.source}|^approvers$`), (written) => {
  if (isEncoded(written)) return decoded
  return typeof written === 'string' && isEntraGroup(written)
    ? 'a channel, or the word approvers for a direct message to each of them'
    : `${chatPlace}, or the word approvers`
})

/** Where a story is told silently; who approves is asked, and never only told. */
export const toldPlace = text(placeForm, (written) => {
  if (isEncoded(written)) return decoded
  return written === 'approvers' ? `${chatPlace}: approvers are asked by cards, not told here` : chatPlace
})

/** People with an account in each chat. */
export const peopleSchema = optionalList(
  strict(
    {
      name: text(/^(?=.*\S)[^\p{Cc}\p{Zl}\p{Zp}]{1,64}$/u, 'a name of 1 to 64 characters, or leave it out').optional(),
      slack: text(slackPersonForm, 'the Slack id of the person, U… or W…'),
      teams: text(teamsPersonForm, `${objectId}, or <tenant id>/<object id>`),
    },
    'slack and teams, the two accounts of a person, and perhaps a name',
  ),
  'a list of people, each with slack and teams',
)
