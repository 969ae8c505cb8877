import type { Redis } from 'ioredis'
import { createHandlers } from '../../src/bot/handlers.ts'
import { facts } from '../../src/jobs/show-run.ts'
import type { RedisStore } from '../../src/queue/store.ts'
import { applyAll, start } from '../../src/transfer/apply.ts'
import type { Material, Request, Rule, Side, Transfer, Verdict } from '../../src/transfer/model.ts'
import type { Policy } from '../../src/transfer/policy.ts'
import type { DecisionInput, Stored } from '../../src/transfer/ports.ts'
import { type AzureAct, createModelAzure, type ModelAzure } from './model-azure.ts'
import { createJudge } from './model-judge.ts'
import {
  createModelDirectory,
  declared,
  entitled,
  humanBehind,
  type Memberships,
  operator,
  type Vote,
} from './model-people.ts'
import { createModelWorkers } from './model-workers.ts'

/** What one run begins with. */
export type Setting = { rule: Rule; kind: 'export' | 'open_export' | 'import' | 'new_database' | 'dry_run'; by: string }

/** What people were shown: every round's card, the newest last. */
export type Shown = { number: number; digest: string; material: Material }

/** One transfer from its recording on: the product's steps, handlers and store, around a modelled Azure and modelled people. */
export async function startRun(store: RedisStore, redis: Redis, setting: Setting, serial: number) {
  const id = idOf(serial)
  let now = 1_750_000_000_000
  const clock = { now: () => now }
  const votes: Vote[] = []
  const shown: Shown[] = []
  const broken: string[] = []
  const memberships: Memberships = {
    members: {
      'slack:T1/SDBA': ['slack:T1/USAM', 'slack:T1/ULEE'],
      'slack:T1/SSEC': ['slack:T1/UADA', 'slack:T1/UDANA'],
    },
    down: 0,
  }
  const request = requestOf(id, setting, now)
  const policy = {
    catalogue: { databases: [], storage: [] },
    rules: [setting.rule],
    operators: [operator],
    auditors: [],
    people: declared,
  } as Policy & { rules: Rule[] }

  const read = async (): Promise<Stored> => {
    const stored = await store.read(id)
    if (!stored) throw new Error('the record is gone')
    return stored
  }
  const claim = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what)
  }
  const elsewhere = new Set<Side>()
  const judge = createJudge({ read, claim, votes, shown, by: setting.by, state: () => world.state })
  const world: ModelAzure = createModelAzure(judge, () => now, request.privateLink)

  const begun = start({ type: 'requested', at: now, id, request, rule: setting.rule })
  const event = { type: 'requested', at: now, id, request, rule: setting.rule } as const
  const once = { delivery: `ask-${id}`, answer: { ok: true, lines: [] }, notAfter: store.notAfter(60_000) }
  const created = await store.create(begun, [event], once, { advance: 0, show: 0 })
  if (created.kind !== 'created') throw new Error(`not created: ${JSON.stringify(created)}`)

  const handlers = createHandlers(
    {
      ...{ store, policy, clock, directory: createModelDirectory(memberships), newId: () => id },
      hint: () => undefined,
      log: (fields, message) => broken.push(`${message} ${JSON.stringify(fields)}`),
    },
    () => undefined,
  )
  const workers = createModelWorkers({ id, store, redis, azure: world.azure, clock: () => now, broken })
  let deliveries = 0
  let lastClick: DecisionInput | undefined
  const counted = new Set<string>()
  const send = async (input: DecisionInput, material: Material): Promise<void> => {
    const human = humanBehind(input.by)
    if (!human) return
    const before = (await read()).transfer
    const isBlind = memberships.down > 0
    const stages = isBlind
      ? []
      : entitled(human, input.by, memberships, before.rule, policy.rules[0], before.escalated !== undefined)
    await handlers.onDecision(input)
    const after = (await read()).transfer
    const taken = after.decisions.length - before.decisions.length
    if (taken === 0) return
    claim(taken === 1 && !counted.has(input.delivery), 'one click counted more than once')
    counted.add(input.delivery)
    votes.push({
      human,
      account: input.by,
      verdict: input.verdict,
      at: now,
      round: before.round?.number ?? 0,
      shown: material,
      stages,
    })
    const { round } = before
    claim(round?.digest === input.digest, 'a click on an older card was taken')
    claim(stages.length > 0, 'somebody decided who is no approver')
    claim(human !== humanBehind(setting.by), 'the requester decided')
    claim(round?.expiresAt === undefined || now < round.expiresAt, 'a click after the time was taken')
    claim(before.status === 'awaiting_approval' && !before.cancel, 'a click was taken when nothing was asked')
  }
  const click = async (by: string, verdict: Verdict, back: number): Promise<void> => {
    const card = shown.at(-1 - (back % Math.max(shown.length, 1)))
    if (!card) return
    deliveries += 1
    const reason = verdict === 'deny' ? { reason: 'no' } : {}
    lastClick = { delivery: `click-${id}-${deliveries}`, by, transfer: id, digest: card.digest, verdict, ...reason }
    await send(lastClick, card.material)
  }
  const question = async (by: string): Promise<void> => {
    const card = shown.at(-1)
    if (!card) return
    deliveries += 1
    const delivery = `question-${id}-${deliveries}`
    await handlers.onQuestion({ delivery, by, transfer: id, digest: card.digest, text: 'Why today?' })
  }
  const withdraw = async (by: string): Promise<void> => {
    deliveries += 1
    const before = (await read()).transfer.cancel
    await handlers.onWithdrawal({ delivery: `withdraw-${id}-${deliveries}`, by, transfer: id })
    const after = (await read()).transfer.cancel
    claim(before !== undefined || !after || humanBehind(by) === humanBehind(setting.by), 'somebody else withdrew it')
  }
  const clickAgain = async (): Promise<void> => {
    const card = shown.find(({ digest }) => digest === lastClick?.digest)
    if (lastClick && card) await send(lastClick, card.material)
  }
  return {
    id,
    ...{
      world,
      elsewhere,
      memberships,
      policy,
      broken,
      votes,
      shown,
      read,
      claim,
      workers,
      click,
      question,
      withdraw,
      clickAgain,
      store,
      setting,
    },
    now: () => now,
    /** Also keeps which side was approved by somebody else before Drawbridge meant to. */
    act: async (act: AzureAct) => {
      const { effects } = await read()
      if (act.act === 'drop' || act.act === 'replace' || act.act === 'impersonate') elsewhere.delete(act.side)
      const before = approved(world.state)
      world.act(act)
      for (const side of approved(world.state)) {
        if (!before.includes(side) && !effects[`approve:${side}`]) elsewhere.add(side)
      }
    },
    pass: (ms: number) => {
      now += ms
    },
    /** Goes on where the next thing is due, if that is later. */
    passToDue: async () => {
      const due = await redis.zscore('{drawbridge}:due:advance', id)
      if (due === null) return false
      now = Math.max(now, Number(due))
      return true
    },
    say: async (account: string, text: string) => {
      deliveries += 1
      await handlers.onCommand({
        delivery: `say-${id}-${deliveries}`,
        by: account,
        text,
        origin: { address: 'slack:T1/C1' },
      })
    },
    /** What `show` does for the record: a card that stands in chat starts the clock of its round. */
    deliver: async () => {
      const { transfer } = await read()
      const slot = { state: 'posted', address: 'slack:T1/C2', at: now } as const
      const events = facts({ transfer, chat: { slots: { [`card:${transfer.round?.number ?? 0}:x`]: slot } } }, now)
      if (events.length === 0) return
      await store.commit({ next: applyAll(transfer, events), events, due: { advance: 0 } })
    },
    /** The newest card, as everybody sees it once the record has it. */
    look: async () => {
      const { round } = (await read()).transfer
      if (round && round.number !== shown.at(-1)?.number) {
        shown.push({ number: round.number, digest: round.digest, material: round.material })
      }
    },
  }
}

export type Run = Awaited<ReturnType<typeof startRun>>

/** The first version of a record of this setting, without a store. */
export function startOf(setting: Setting): Transfer {
  const at = 1_750_000_000_000
  const id = idOf(1)
  return start({ type: 'requested', at, id, request: requestOf(id, setting, at), rule: setting.rule })
}

function approved({ connections }: ModelAzure['state']): readonly Side[] {
  return connections.flatMap(({ side, ours, state }) => (ours && state === 'Approved' ? [side] : []))
}

/** The n-th id of a transfer. */
export function idOf(serial: number): string {
  const letters = '23456789abcdefghjkmnpqrstvwxyz'
  let rest = serial
  // Never digits alone: that is no id.
  return `k${Array.from({ length: 7 }, () => {
    const letter = letters.charAt(rest % letters.length)
    rest = Math.floor(rest / letters.length)
    return letter
  }).join('')}`
}

function requestOf(id: string, { kind, by }: Setting, at: number): Request {
  const group = '/subscriptions/s1/resourceGroups/rg/providers'
  const place = { subscription: 's1', resourceGroup: 'rg' }
  const human = humanBehind(by)
  const also = human?.declared ? human.accounts.filter((each) => each !== by) : []
  const name = `db-${id}`
  return {
    operation: kind === 'import' || kind === 'new_database' ? 'import' : 'export',
    privateLink: kind !== 'open_export',
    ...(kind === 'new_database' ? { create: {} } : {}),
    ...(kind === 'dry_run' ? { dryRun: true as const } : {}),
    by,
    ...(also.length > 0 ? { also } : {}),
    at,
    origin: { address: 'slack:T1/C1' },
    database: {
      ...place,
      alias: name,
      id: `${group}/Microsoft.Sql/servers/sql/databases/${name}`,
      server: 'sql',
      database: name,
    },
    storage: {
      ...place,
      alias: 'backups',
      id: `${group}/Microsoft.Storage/storageAccounts/st`,
      account: 'st',
      container: 'bacpacs',
      blob: `orders-${id}.bacpac`,
      uri: `https://st.blob.core.windows.net/bacpacs/orders-${id}.bacpac`,
    },
  }
}
