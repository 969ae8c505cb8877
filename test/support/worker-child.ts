import { createConnections } from '../../src/queue/connection.ts'
import { createStore } from '../../src/queue/store.ts'
import { startWorkers } from '../../src/queue/workers.ts'
import { quietLog as log } from './quiet-log.ts'
import { nextOf } from './transfers.ts'

/**
 * A worker in a process of its own, to be killed or paused: `worker-child.ts <socket>`. Says `{ begun: id }` when it
 * holds a transfer and keeps it until it is told `go`; then it tries to commit and tells what it was allowed to do.
 */
const [path = ''] = process.argv.slice(2)
const connections = createConnections({ target: { path }, log })
await connections.ready()
const store = createStore({ redis: connections.forWork, prefix: 'drawbridge', log })
await store.ready()

startWorkers({
  roles: ['advance'],
  connections,
  prefix: 'drawbridge',
  store,
  clock: { now: Date.now },
  log,
  handle: {
    advance: async (lease) => {
      const stored = await store.read(lease.id)
      const told = new Promise((resolve) => process.once('message', resolve))
      process.send?.({ begun: lease.id })
      await told
      const held = lease.held()
      const mayStart = isAllowed(lease.mayStart)
      if (!stored) throw new Error(`There is no ${lease.id}`)
      const { kind } = await store.commit({ ...nextOf(stored.transfer), due: { advance: null }, lease })
      process.send?.({ held, mayStart, kind })
    },
  },
})
process.send?.({ started: true })

function isAllowed(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
