import { startEmbeddedRedis } from '../../src/queue/embedded-redis.ts'

// A process that uses the embedded Redis of a folder: tells its parent the socket, and releases when told to.
const [folder = '', searchPath = process.env.PATH ?? ''] = process.argv.slice(2)

try {
  const redis = await startEmbeddedRedis({ folder, searchPath, log: (message) => process.send?.({ log: message }) })
  process.send?.({ path: redis.path })
  // Nobody is left to release it: a test that was killed leaves no process behind.
  process.on('disconnect', () => process.exit())
  process.on('message', async () => {
    await redis.release()
    process.send?.({ released: true })
    process.disconnect()
  })
} catch (error) {
  process.send?.({ error: String(error) })
  process.disconnect()
}
