import type { Redis } from 'ioredis'
import { draw } from '../../src/cards/draw.ts'
import { statusAnswer } from '../../src/cards/status-answer.ts'
import { fieldsOf } from '../../src/queue/store-format.ts'
import { isFinal } from '../../src/transfer/lifecycle.ts'
import { sides, type Transfer } from '../../src/transfer/model.ts'
import type { Run } from './model-run.ts'

/** Events that end a transfer, and those that may still come afterwards. */
const ends: readonly string[] = ['ended', 'refused', 'checked', 'submit_refused']
const afterEnd: readonly string[] = ['left_over', 'connections_changed']

/** Looks at one run again and again, and remembers how it stood. */
export function createChecks(run: Run) {
  let last: Transfer | undefined
  return {
    /** What must hold after every command. */
    async always(): Promise<void> {
      const { transfer, effects } = await run.read()
      const passed = sides.filter(
        (side) => transfer.connections[side]?.state === 'Approved' && !effects[`approve:${side}`],
      )
      const isQuiet = passed.length > 0 && !transfer.bypassed && transfer.status !== 'closing' && !transfer.ending
      run.claim(!isQuiet, 'an approval elsewhere was seen and not told')
      const before = last
      last = transfer
      run.claim(transfer.version >= (before?.version ?? 1), 'a version was taken back')
      if (!before || !isFinal(before.status)) {
        if (isFinal(transfer.status)) checkEnd(run, transfer)
        return
      }
      run.claim(transfer.status === before.status, `${before.status} became ${transfer.status}`)
      run.claim(JSON.stringify(transfer.ending) === JSON.stringify(before.ending), 'the ending was changed')
      run.claim(transfer.decisions.length === before.decisions.length, 'somebody decided after the end')
    },
    /** What the audit of the whole run must show. */
    async audit(redis: Redis): Promise<void> {
      const lines = (await redis.xrange('{drawbridge}:audit', '-', '+')).map(([, flat]) => fieldsOf(flat))
      const mine = lines.filter(({ transfer, version }) => transfer === run.id && version !== undefined)
      run.claim(
        mine.every(({ version }, index) => Number(version) === index + 1),
        'a version is missing or doubled in the audit',
      )
      run.claim(mine.length === last?.version, 'the audit has not all versions')
      const kinds = mine.map(({ kind }) => kind ?? '')
      run.claim(kinds.filter((kind) => ends.includes(kind)).length === 1, `it ended otherwise than once: ${kinds}`)
      const end = kinds.findIndex((kind) => ends.includes(kind))
      run.claim(
        kinds.slice(end + 1).every((kind) => afterEnd.includes(kind)),
        `something came after the end: ${kinds}`,
      )
      run.claim(kinds.filter((kind) => kind === 'escalated').length <= 1, 'it was escalated twice')
      const rounds = kinds.join().split(',asked')
      run.claim(
        rounds.every((round) => round.split(',reminded').length <= 2),
        'a round was reminded of twice',
      )
      run.claim(
        !/,(quorum_reached|cancel_asked|withdrawn),(.*,)?(reminded|escalated)/.test(kinds.join()),
        'a reminder after the decision',
      )
      run.claim(kinds.filter((kind) => kind === 'decided').length === run.votes.length, 'decisions and votes differ')
    },
  }
}

function checkEnd(run: Run, transfer: Transfer): void {
  const { job, started } = run.world.state
  const { ending } = transfer
  const crossed = job?.state === 'succeeded'
  const isTold = ending?.outcome === 'succeeded' || ending?.released === true
  // What nobody saw is told as that, and an operator's word that no job runs is taken.
  const isUnknown = ending?.cause === 'settled' || ending?.fault?.code === 'ImportExportOperationIdNotFound'
  run.claim(
    !crossed || isTold || (isUnknown && ending?.outcome === 'failed'),
    `data crossed, and it is told as ${ending?.outcome}`,
  )
  run.claim(crossed || !isTold, 'it is told as done, and no data crossed')
  run.claim(!ending?.nothingSent || started === 0, 'it is told that nothing was sent, and a job was')
  run.claim(started <= 1, `${started} jobs were started`)
  run.claim(ending?.outcome !== 'succeeded' || !transfer.closing, 'it succeeded after a no')
  const isPassed = run.elsewhere.size > 0 && isTold
  run.claim(!isPassed || transfer.bypassed !== undefined, 'an approval elsewhere went unnoticed')
  const isHeld = transfer.bypassed !== undefined && transfer.rule.onBypass === 'stop'
  run.claim(!isHeld || ending?.outcome !== 'succeeded', 'it succeeded although an approval elsewhere was to stop it')
  const words = wordsOf(transfer, run.now())
  const isAlarm = ending?.released === true
  run.claim(
    !isAlarm || words.every((text) => /completed the (export|import)|all the same/.test(text)),
    'a released one is not told as one',
  )
  const innocent = /ended without data|Nothing was sent to Azure|No job of it runs|Nothing was started/
  run.claim(
    !crossed || ending?.cause === 'settled' || !words.some((text) => innocent.test(text)),
    'data crossed, and the words say otherwise',
  )
}

/** Everything that chat says of the end: root, last reply, and the answer to `status`. */
function wordsOf(transfer: Transfer, at: number): readonly string[] {
  const slots = [
    { key: 'root', kind: 'root' },
    { key: 'reply', kind: 'reply', index: transfer.story.findLastIndex(({ kind }) => kind === 'ended') },
  ] as const
  return [
    ...slots.map((slot) => JSON.stringify(draw(transfer, slot, at, { operators: [] }))),
    JSON.stringify(statusAnswer({ transfer, chat: { slots: {} } }, at)),
  ]
}
