import type { Answer, Command, DecisionInput } from '../transfer/ports.ts'

/** What the chats call. Handlers never throw and answer in time by themselves; adapters guard against both all the same. */
export type Handlers = {
  onCommand(command: Command): Promise<Answer>
  onDecision(input: DecisionInput): Promise<Answer>
  /** The refusal that this click would get now, or undefined: then a reason may be asked. */
  beforeDeny(input: Omit<DecisionInput, 'delivery' | 'verdict'>): Promise<Answer | undefined>
  /** Who is in the group (its principal) has changed. */
  onMembershipChange(group: string): void
}
