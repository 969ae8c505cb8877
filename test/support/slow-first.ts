import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long: begun last, they would be what everybody waits for. Those that wait stand between those that work. */
const slow = [
  'crash-kill-azure',
  'crash-pause',
  'workers',
  'fault-cases',
  'across-chats',
  'reminders',
  'drain',
  'crash-teams',
  'story-teams',
  'crash-kill-commits',
  'azure-variants',
  'outage',
  'crash-kill-slack',
  'foreign',
  'after-end',
  'slack-inbound',
  'embedded',
  'e2e',
]

/** Starts the files that take long first. */
export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = slow.findIndex((name) => moduleId.includes(`/test/${name}`))
      return at < 0 ? slow.length : at
    }
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId))
  }
}
