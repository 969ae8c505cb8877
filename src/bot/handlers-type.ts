import type { HomeViews } from '../cards/home-view.ts'
import type { View } from '../cards/view.ts'
import type { Choice, ChoiceKind } from '../transfer/form-choices.ts'
import type { Address, Person } from '../transfer/model.ts'
import type {
  Answer,
  Click,
  Command,
  DecisionInput,
  FormInput,
  QuestionInput,
  WithdrawalInput,
} from '../transfer/ports.ts'

/** What the chats call. Handlers never throw and answer in time by themselves; adapters guard against both all the same. */
export type Handlers = {
  onCommand(command: Command): Promise<Answer>
  /** Ends in the same request as the typed command. A no is not kept for the form, which may be corrected and sent again. */
  onForm(input: FormInput): Promise<Answer>
  /** What the person may choose in a field; nothing when it cannot be read in time. */
  choices(kind: ChoiceKind, typed: string, by: Person): Promise<readonly Choice[]>
  onDecision(input: DecisionInput): Promise<Answer>
  onQuestion(input: QuestionInput): Promise<Answer>
  onWithdrawal(input: WithdrawalInput): Promise<Answer>
  /** The refusal that this click would get now, or undefined: then the person may be asked for words. */
  beforeAct(click: Click): Promise<Answer | undefined>
  /** The card of a round as this person should see it now, and whether they get its buttons; undefined when they may see none there, or it cannot be read in time. */
  onView(input: {
    by: Person
    address: Address
    transfer: string
    round: number
  }): Promise<{ view: View; mayDecide: boolean } | undefined>
  /** What waits for the person and what else concerns them, as they should see it now; a sentence where there is nothing for them, or it cannot be read in time. */
  onHome(by: Person): Promise<HomeViews>
  /** Who is in the group (its principal) has changed. */
  onMembershipChange(group: string): void
}
