import { isFinal } from '../../src/transfer/lifecycle.ts'
import type { Connection, Material, Transfer } from '../../src/transfer/model.ts'
import type { Stored } from '../../src/transfer/ports.ts'
import type { ModelAzure, TrueConnection, Watch } from './model-azure.ts'
import { humanBehind, isQuorum, type Vote } from './model-people.ts'
import type { Shown } from './model-run.ts'

/** Judges every effect on Azure right before it happens, by what people truly saw and said: nothing of the product's own counting. */
export function createJudge(options: {
  read(): Promise<Stored>
  claim(holds: boolean, what: string): void
  votes: readonly Vote[]
  shown: readonly Shown[]
  by: string
  state(): ModelAzure['state']
}): Watch {
  const { read, claim, votes, shown, by, state } = options
  /** The votes about this very asking, of people who are not the requester, in time. A no of anybody counts. */
  const counting = ({ round }: Transfer): readonly Vote[] =>
    votes.filter(
      ({ human, round: number, at, verdict }) =>
        number === round?.number &&
        (verdict === 'deny' || (human !== humanBehind(by) && (round?.expiresAt === undefined || at < round.expiresAt))),
    )
  const checkAsked = (transfer: Transfer, what: string): void => {
    claim(isQuorum(transfer.rule, counting(transfer)), `${what} before a quorum`)
    const card = shown.find(({ number }) => number === transfer.round?.number)
    const isWarned = (card?.material.warnings ?? []).length > 0
    claim(card !== undefined && isWarned === state().lastWarned, `${what} with other warnings than were shown`)
    claim(card?.material.uri === transfer.request.storage.uri, `${what} for another blob than was shown`)
  }
  return {
    approve: async (connection, truth) => {
      const { transfer } = await read()
      checkAsked(transfer, 'a connection was approved')
      claim(wasShown(transfer, connection, counting(transfer)), 'a connection was approved that no approver was shown')
      const isNamed = transfer.rule.unnamedConnections === 'wait'
      claim(isOurs(truth) || !isNamed || isStale(truth, connection), 'a foreign connection was approved')
    },
    reject: async (connection, truth) => {
      const isKnown = isOurs(truth) || isStale(truth, connection) || wasTaken(await read(), truth)
      claim(isKnown, 'a foreign connection was rejected')
    },
    remove: async (connection, truth) => {
      const { transfer } = await read()
      const isDue = isFinal(transfer.status) && transfer.rule.leftOver === 'remove'
      claim(isDue, 'a connection was removed that was to stay')
      claim(isOurs(truth) || isStale(truth, connection), 'a foreign connection was removed')
    },
    prepare: async () => checkAsked((await read()).transfer, 'a database was made'),
    submit: async ({ uri }) => {
      const { transfer } = await read()
      claim(!transfer.request.dryRun, 'a dry run was sent')
      claim(state().job?.state !== 'working', 'a job was sent while ours runs')
      claim(uri === transfer.request.storage.uri, 'a job was sent for another blob')
      const { rule, request } = transfer
      if (rule.gate === 'submission' || !request.privateLink || request.create) checkAsked(transfer, 'the job was sent')
    },
  }
}

/**
 * Whether each vote that counts was given to a card that names exactly this connection. With gate submission it names none:
 * there it is the one that the record was told of when Azure named it.
 */
function wasShown(transfer: Transfer, { side, id, privateEndpoint }: Connection, votes: readonly Vote[]): boolean {
  const known = transfer.connections[side]
  return votes.every(({ shown }) => {
    const { gate, connections } = shown as Material
    const same = (each: Material['connections'][number]): boolean =>
      each.side === side && each.id === id.toLowerCase() && each.privateEndpoint === privateEndpoint.toLowerCase()
    return gate === 'submission'
      ? known?.id === id && known.privateEndpoint === privateEndpoint
      : connections.some(same)
  })
}

/** Made for our job, or named by its result: more cannot be known of a connection. */
function isOurs(truth: TrueConnection | undefined): boolean {
  return truth === undefined || truth.ours || truth.named
}

/** Somebody changed it between our last read and the call: nobody can see that. */
function isStale(truth: TrueConnection | undefined, connection: { privateEndpoint: string }): boolean {
  return truth?.privateEndpoint !== connection.privateEndpoint
}

/** People released it although it is not ours: it is in the record, and is to be undone. */
function wasTaken({ transfer }: Stored, truth: TrueConnection | undefined): boolean {
  return (
    Object.values(transfer.connections).some(({ id }) => id === truth?.id) && transfer.rule.unnamedConnections === 'ask'
  )
}
