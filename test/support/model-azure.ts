import { matchConnections } from '../../src/azure/match-connections.ts'
import { PermanentError, Refusal, TransientError } from '../../src/transfer/errors.ts'
import type { AzureOperation, Connection, Fault, Plan, Side } from '../../src/transfer/model.ts'
import type { Azure, Look, Observation, Submission } from '../../src/transfer/ports.ts'
import type { Check } from '../../src/transfer/preflight.ts'

export { matchConnections }

/** Which call is told to go wrong next, and how. `after`: what was asked is done, and the answer is lost. */
export type Upset = {
  call: keyof Azure
  how:
    | 'transient'
    | 'after'
    | 'permanent'
    | 'refusal'
    | 'refused'
    | 'unclear'
    | 'unclear_started'
    | 'unknown'
    | 'stop'
    | 'busy'
}

/** What somebody other than Drawbridge does in Azure, or Azure by itself. */
export type AzureAct =
  | { act: 'connect'; side: Side; named: boolean }
  | { act: 'connect_both' }
  | { act: 'foreign'; side: Side }
  | { act: 'approve_elsewhere'; side: Side }
  | { act: 'reject_elsewhere'; side: Side }
  | { act: 'drop'; side: Side }
  /** Azure makes another one in its place, under another id. */
  | { act: 'replace'; side: Side }
  /** Somebody puts a connection from another private endpoint where ours was, under the same id. */
  | { act: 'impersonate'; side: Side }
  | { act: 'finish'; state: 'succeeded' | 'failed' | 'cancelled' }
  | { act: 'forget' }
  | { act: 'change_facts' }
  | { act: 'close_connections' }

/** A connection with whose it truly is. */
export type TrueConnection = Connection & { ours: boolean; named: boolean }

type Job = { id: string; state: 'working' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled'; forgotten: boolean }

/** What an effect that Azure is asked for is judged by, right before it happens. */
export type Watch = {
  approve(connection: Connection, truth: TrueConnection | undefined): Promise<void>
  reject(connection: Connection, truth: TrueConnection | undefined): Promise<void>
  remove(connection: Connection, truth: TrueConnection | undefined): Promise<void>
  prepare(): Promise<void>
  submit(plan: Plan): Promise<void>
}

/** Azure as a small state machine behind the port: it does what it is told, goes wrong where it is told to, and judges every effect first. */
export function createModelAzure(watch: Watch, now: () => number, privateLink: boolean) {
  const state = {
    job: undefined as Job | undefined,
    started: 0,
    connections: [] as TrueConnection[],
    upsets: [] as Upset[],
    made: false,
    warned: false,
    /** What the newest preflight said. */
    lastWarned: false,
    endedAt: 0,
    /** The role for reading connections is gone for good. */
    closed: false,
    /** Without private link Azure makes no connections for the job. */
    privateLink,
    serial: 0,
  }
  const upset = (call: keyof Azure): Upset['how'] | undefined => {
    const found = state.upsets.findIndex((each) => each.call === call)
    return found === -1 ? undefined : state.upsets.splice(found, 1)[0]?.how
  }
  const before = (call: keyof Azure): Upset['how'] | undefined => {
    const how = upset(call)
    if (how === 'transient') throw new TransientError(fault('Busy'))
    if (how === 'permanent') throw new PermanentError(fault('AuthorizationFailed'))
    if (how === 'refusal') throw new Refusal('database_not_found', { name: 'orders' })
    return how
  }
  const after = (how: Upset['how'] | undefined): void => {
    if (how === 'after') throw new TransientError(fault('ConnectionReset'))
  }
  const find = (id: string): TrueConnection | undefined => {
    return state.connections.find((each) => each.id.toLowerCase() === id.toLowerCase())
  }
  const checkRole = (): void => {
    if (state.closed) throw new PermanentError(fault('AuthorizationFailed'))
  }
  const start = (): void => {
    state.started += 1
    state.job = {
      id: `5364d250-2a6b-4b1c-9d7e-${String(state.started).padStart(12, '0')}`,
      state: 'working',
      forgotten: false,
    }
  }

  const azure: Azure = {
    async plan(request) {
      before('plan')
      return { ...plan, at: now(), uri: request.storage.uri }
    },
    async preflight() {
      const how = upset('preflight')
      state.lastWarned = state.warned || how === 'stop'
      const check = (verdict: Check['verdict']): Check => ({ name: 'size', verdict, code: 'big', facts: {} })
      if (how === 'stop') return [check('stop')]
      return state.warned ? [check('warning')] : [check('ok')]
    },
    async prepare(_request, _plan, mayStart, mayWrite) {
      const how = before('prepare')
      if (state.made) return { kind: 'ready', made: true }
      mayStart()
      await mayWrite?.()
      await watch.prepare()
      state.made = true
      after(how)
      return { kind: 'working' }
    },
    async connections() {
      checkRole()
      before('connections')
      return state.connections.map(seen)
    },
    async connection(_request, { id }) {
      checkRole()
      before('connection')
      const found = find(id)
      return found && seen(found)
    },
    async submit(_request, given, mayStart) {
      const how = before('submit')
      mayStart()
      await watch.submit(given)
      if (how === 'refused') return { kind: 'refused', fault: fault('BadRequest') }
      if (how === 'unclear') return { kind: 'unclear', fault: fault('GatewayTimeout') }
      if (state.job?.state === 'working') return { kind: 'unclear', fault: fault('ImportExportOperationInProgress') }
      start()
      if (how === 'unclear_started' || how === 'after') return { kind: 'unclear', fault: fault('ConnectionReset') }
      return { kind: 'accepted', operation: operationOf(state.job) } satisfies Submission
    },
    async look(_request, _plan, _since, known) {
      const how = before('look')
      if (how === 'unknown') return { kind: 'unknown', why: 'not allowed' }
      const { job } = state
      if (job && !job.forgotten && known !== 'all') return { kind: 'found', operation: operationOf(job, true) }
      const busy = how === 'busy' ? { busy: 'op-foreign' } : {}
      return { kind: 'none', ...busy, seen: [] } satisfies Look
    },
    async adopt(_request, _plan, id) {
      before('adopt')
      if (state.job?.id !== id) throw new Refusal('operation_not_ours', { operation: id })
      return operationOf(state.job, true)
    },
    async observe() {
      if (before('observe') === 'unknown') return unknown
      return observationOf(state.job, state.connections)
    },
    async percent() {
      before('percent')
      return undefined
    },
    async database() {
      before('database')
      return undefined
    },
    async decide(_request, connection, verdict, _description, mayStart) {
      const how = before('decide')
      mayStart()
      const truth = find(connection.id)
      await (verdict === 'Approved' ? watch.approve : watch.reject)(connection, truth)
      if (truth?.state !== 'Pending') throw new PermanentError(fault('PrivateEndpointConnectionStatusNotPending'))
      truth.state = verdict
      after(how)
      return {}
    },
    async remove(_request, connection, mayStart) {
      const how = before('remove')
      mayStart()
      const truth = find(connection.id)
      await watch.remove(connection, truth)
      state.connections = state.connections.filter((each) => each !== truth)
      after(how)
      return {}
    },
    async cancel() {
      const how = before('cancel')
      if (how === 'refused') return { kind: 'refused', fault: fault('CannotCancelOperation') }
      if (state.job?.state === 'working') state.job.state = 'cancelling'
      after(how)
      return { kind: 'asked' }
    },
  }
  return { azure, state, act: (act: AzureAct) => doAct(state, act, now()) }
}

export type ModelAzure = ReturnType<typeof createModelAzure>

function doAct(state: ModelAzure['state'], act: AzureAct, at: number): void {
  const { job } = state
  const add = (side: Side, ours: boolean, named: boolean): void => {
    state.serial += 1
    const name = `importexportprivatelink_${ours ? 'ours' : 'foreign'}-${side}-${state.serial}`
    const id = `/${side}/privateEndpointConnections/${name}`
    state.connections.push({ side, id, name, privateEndpoint: `/pe/${name}`, state: 'Pending', named, ours })
  }
  const ours = (side: Side): TrueConnection | undefined => {
    return state.connections.findLast((each) => each.side === side && each.ours)
  }
  const isOpen = job?.state === 'working' || job?.state === 'cancelling'
  const connects = isOpen && state.privateLink
  switch (act.act) {
    case 'connect':
      if (connects && !ours(act.side)) add(act.side, true, act.named)
      return
    case 'connect_both':
      for (const side of ['sql', 'storage'] as const) {
        const known = ours(side)
        if (known) known.named = true
        else if (connects) add(side, true, true)
      }
      return
    case 'foreign':
      add(act.side, false, false)
      return
    case 'approve_elsewhere':
    case 'reject_elsewhere': {
      const found = ours(act.side)
      if (found?.state === 'Pending') found.state = act.act === 'approve_elsewhere' ? 'Approved' : 'Rejected'
      return
    }
    case 'drop':
      state.connections = state.connections.filter((each) => each !== ours(act.side))
      return
    case 'replace': {
      const found = ours(act.side)
      if (!found || !isOpen) return
      state.connections = state.connections.filter((each) => each !== found)
      add(act.side, true, found.named)
      return
    }
    case 'impersonate': {
      const found = ours(act.side)
      if (found)
        Object.assign(found, { privateEndpoint: '/pe/importexportprivatelink_mallory', ours: false, state: 'Pending' })
      return
    }
    case 'finish':
      if (!job || !isOpen) return
      job.state = act.state
      state.endedAt = at
      return
    case 'forget':
      // Azure remembers for a while.
      if (job && !isOpen && at > state.endedAt + 3_600_000) job.forgotten = true
      return
    case 'change_facts':
      state.warned = !state.warned
      return
    case 'close_connections':
      state.closed = true
  }
}

const unknown: Observation = { state: 'unknown', text: 'not found', named: [] }

function observationOf(job: Job | undefined, connections: readonly TrueConnection[]): Observation {
  if (!job || job.forgotten) return unknown
  const state = job.state === 'cancelling' ? 'working' : job.state
  const named = connections
    .filter((each) => each.named)
    .map(({ side, name, state: status }) => ({ side, name, status }))
  return { state, text: job.state, named, ...(state === 'failed' ? { fault: fault('Failed') } : {}) }
}

function operationOf(job: Job | undefined, adopted = false): AzureOperation {
  return { id: job?.id ?? '', resultUrl: 'https://management.azure.com/', startedAt: 1, adopted }
}

function seen({ ours: _, ...connection }: TrueConnection): Connection {
  return { ...connection, named: false }
}

function fault(code: string): Fault {
  return { code, message: `Azure says ${code}.` }
}

const plan: Plan = {
  at: 1,
  location: 'westeurope',
  serverHost: 'sql.database.windows.net',
  edition: 'Standard',
  objective: 'S3',
  databaseStatus: 'Online',
  accountSku: 'Standard_LRS',
  accountKind: 'StorageV2',
  uri: '',
}
