import { isMadeFirst } from '../transfer/creation.ts'
import { isGroup } from '../transfer/groups.ts'
import type { Connection, Material, Round, Side, Stage, Transfer } from '../transfer/model.ts'
import { accountsOf } from '../transfer/people.ts'
import { tally } from '../transfer/quorum.ts'
import type { Line } from '../transfer/text.ts'
import { escalatedLines } from './asking-lines.ts'
import { checkLines } from './check-lines.ts'
import { decisionButtons } from './click-buttons.ts'
import { decisionLines } from './decision-lines.ts'
import { wordsOf } from './operation-words.ts'
import { bold, code, lowerFirst, people, person, quote } from './phrases.ts'
import { duration } from './quantities.ts'
import { questionLines } from './question-lines.ts'
import { lastOf, portalLink, routeFacts, routeTitle } from './route.ts'
import { sideWords } from './status-words.ts'
import { linesBlock, type View } from './view.ts'

/** The card of one round: what is asked, what a yes releases, and the buttons; once it is decided, a sentence instead. */
export function approvalCard(transfer: Transfer, roundNumber: number): View {
  const { request, round, id, rule } = transfer
  const title = routeTitle(request)
  const current = round?.number === roundNumber ? round : undefined
  const decided = current ? decisionLines(transfer) : replaced(round)
  const [first] = decided ?? []
  const why: Line = request.reason === undefined ? ['No reason was given.'] : [`Reason: ${quote(request.reason)}`]
  return {
    text: first
      ? [`${title}: `, ...first]
      : [`Approval needed: ${lowerFirst(title)}, asked for by `, person(request.by), '.'],
    blocks: [
      { kind: 'title', text: title },
      ...linesBlock([[person(request.by), ' asks for this ', { time: request.at }, '.'], why]),
      { kind: 'facts', facts: routeFacts(transfer) },
      ...(current
        ? linesBlock([...connectionLines(transfer, current.material), releaseLine(transfer, current.material)])
        : []),
      ...(current ? linesBlock(checkLines(transfer.plan)) : []),
      ...(current ? linesBlock(askedLines(transfer, current)) : []),
      ...(current && !decided ? linesBlock(questionLines(transfer)) : []),
      ...(decided ? linesBlock(decided) : []),
      ...(current && !decided
        ? [{ kind: 'actions', buttons: decisionButtons(transfer, current.digest) } as const]
        : []),
      { kind: 'note', line: ['Transfer ', code(id), ` · round ${roundNumber} · rule `, code(rule.name)] },
    ],
  }
}

function replaced(round: Round | undefined): readonly Line[] {
  if (!round) return [['There is nothing to decide yet.']]
  return [[`🔁 Replaced by round ${round.number}: the facts changed, and a yes to this card no longer counts.`]]
}

type Asked = Material['connections'][number]

/** The connections that a yes is about. */
function connectionLines(transfer: Transfer, material: Material): readonly Line[] {
  if (!transfer.request.privateLink) {
    return [
      [
        '⚠️ ',
        bold('Without Private Link'),
        ': there are no connections to approve, and the data does not stay on a private network.',
      ],
    ]
  }
  if (material.gate === 'submission') {
    return [
      [
        'Nothing has been sent to Azure. Its two connections, on the server and on the storage account, do not exist yet.',
      ],
    ]
  }
  const asked = material.connections
  const unnamed = asked.some((each) => !each.named)
  const warning: Line = [
    '⚠️ Azure did not name the connections of this operation. Compare these with the portal before you decide.',
  ]
  return [...asked.map((each) => connectionLine(transfer, each)), ...(unnamed ? [warning] : [])]
}

function connectionLine(transfer: Transfer, { side, id, privateEndpoint, named }: Asked): Line {
  const { database, storage } = transfer.request
  const known = transfer.connections[side]
  const name = nameOf(known, id)
  const endpoint = asAzureWrites(privateEndpoint, known?.privateEndpoint)
  return [
    `• ${sideWords[side]} `,
    code(ownerOf(side, database.server, storage.account)),
    ...[': connection ', code(name), ' from private endpoint ', code(lastOf(endpoint))],
    ...(named ? [] : [', not named by Azure: ', portalLink(transfer, side)]),
  ]
}

/** Ids of the material are in lower case; the record has the name as Azure writes it. */
function nameOf(known: Connection | undefined, id: string): string {
  return known && known.id.toLowerCase() === id.toLowerCase() && known.name !== '' ? known.name : lastOf(id)
}

function asAzureWrites(id: string, known = ''): string {
  return known.toLowerCase() === id.toLowerCase() ? known : id
}

function ownerOf(side: Side, server: string, account: string): string {
  return side === 'sql' ? server : account
}

function releaseLine(transfer: Transfer, material: Material): Line {
  if (material.gate === 'endpoints') {
    return [`A yes approves exactly these connections. ${wordsOf(transfer.request).follows}`]
  }
  const { operation, privateLink } = transfer.request
  const makes = isMadeFirst(transfer) ? 'makes the empty database, sends' : 'sends'
  if (!privateLink) {
    return [`Nothing has been sent to Azure. A yes ${makes} the ${operation}. ${wordsOf(transfer.request).follows}`]
  }
  return [`A yes ${makes} the ${operation} and covers the connections of that one operation, and no others.`]
}

function askedLines(transfer: Transfer, round: Round): readonly Line[] {
  const { stages, expiry } = transfer.rule
  const limit: Line =
    round.expiresAt === undefined
      ? [`Expires ${duration(expiry)} after the first card is out.`]
      : ['Expires ', { time: round.expiresAt }, '.']
  return [...stages.map((stage, index) => stageLine(transfer, stage, index)), ...escalatedLines(transfer), limit]
}

/** The requester never decides, so a rule that names them has one approver less here. */
function stageLine(transfer: Transfer, { approvers: all, need }: Stage, index: number): Line {
  const approvers = all.filter((each) => !accountsOf(transfer.request).includes(each))
  const many = transfer.rule.stages.length > 1
  const yes = tally(transfer).approvals.filter((each) => each.stages.includes(index))
  const said: Line = yes.length === 0 ? ['nobody yet'] : people(yes.map((each) => each.by))
  // Nobody knows how many are behind a group, so that "2 of 3" would be wrong.
  const ofMany = approvers.some((each) => each === 'anyone' || isGroup(each)) ? ' of ' : ` of ${approvers.length}: `
  return [
    many ? `Stage ${index + 1} needs ${need}` : `Needs ${need}`,
    ofMany,
    ...people(approvers),
    '. Yes so far: ',
    ...said,
    '.',
  ]
}
