import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import SlowFirst from './test/support/slow-first.ts'

// Every test file and every process that it starts loads the same SDKs.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.drawbridge/compile-cache')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most tests wait for other processes: more workers than cores.
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
})
