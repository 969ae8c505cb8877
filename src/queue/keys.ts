/** The hash tag that all keys of one installation start with, BullMQ's too: one slot of a cluster, so that one script can touch them all. */
export function hashTag(prefix: string): string {
  return `{${prefix}}`
}
