import { z } from 'zod'
import { choice, duration, list, optionalDuration, strict, text, whole } from './fields.ts'
import { approver, place, requester, toldPlace } from './schema-chats.ts'
import { destinationsSchema, whenSchema } from './schema-when.ts'
import { complaint } from './wording.ts'

const stage = strict(
  {
    approvers: list(approver, 'a list of ids: a stage without approvers could never be passed'),
    need: whole(1, 100, 'a whole number of people, 1 or more').prefault(1),
  },
  'approvers and need',
)

const escalate = strict(
  {
    after: optionalDuration('4h'),
    to: list(approver, 'a list of ids of people and user groups'),
  },
  'after and to',
)

const reason = strict(
  {
    required: z.boolean({ error: ({ input }) => complaint(input, 'true or false') }).prefault(true),
    pattern: text(/./, 'a regular expression, as CHG[0-9]{7}').optional(),
    example: text(/^(?=.*\S)[^\p{Cc}]{1,80}$/u, 'a reason that the pattern fits, as CHG0012345').optional(),
  },
  'required, and perhaps pattern and example',
)

const clocks = strict(
  {
    preparing: optionalDuration('1h').optional(),
    submitting: optionalDuration('15m').optional(),
    awaitingEndpoints: optionalDuration('30m').optional(),
    approving: optionalDuration('30m').optional(),
    running: optionalDuration('12h').optional(),
    closing: optionalDuration('1h').optional(),
  },
  'a time for each status that differs from that of all transfers',
)

/** A rule of the file. */
export const ruleSchema = strict(
  {
    name: text(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, 'a short name of letters, digits, spaces and . _ -'),
    when: whenSchema,
    requesters: list(requester, 'a list of ids of people and user groups, or anyone'),
    stages: list(stage, 'a list of stages, each with approvers'),
    cards: list(place, 'a list of channels and people, or approvers: where the request is shown for a decision'),
    expiry: duration('8h'),
    gate: choice(['endpoints', 'submission']).prefault('endpoints'),
    onBypass: choice(['stop', 'follow']).prefault('stop'),
    unnamedConnections: choice(['wait', 'ask']).prefault('wait'),
    leftOver: choice(['keep', 'remove']).prefault('keep'),
    stuckAfter: duration('1h'),
    silentAfter: duration('3h'),
    maxOpen: whole(1, 1000, 'a whole number of transfers, 1 or more').prefault(3),
    maxOpenOfRule: whole(1, 1000, 'a whole number of transfers, 1 or more').optional(),
    destinations: destinationsSchema.optional(),
    clocks: clocks.optional(),
    remindAfter: optionalDuration('2h').optional(),
    escalate: escalate.optional(),
    reason: reason.optional(),
    confirm: z.boolean({ error: ({ input }) => complaint(input, 'true or false') }).optional(),
    tell: list(toldPlace, 'a list of channels and people, or leave it out').optional(),
  },
  'a rule with name, requesters, stages and cards',
)
