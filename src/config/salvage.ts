import { z } from 'zod'

/** What is left of a value when everything that is wrong in it is taken out; lists keep their places. */
export type Salvaged<Whole> = Whole extends readonly (infer Member)[]
  ? readonly (Salvaged<Member> | undefined)[]
  : Whole extends object
    ? { readonly [Key in keyof Whole]?: Salvaged<Whole[Key]> | undefined }
    : Whole

/** The valid parts of a value, so that what they mean for each other can be checked although other parts are wrong. */
export function salvage<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): Salvaged<z.output<Schema>> | undefined {
  return parts(schema, value) as Salvaged<z.output<Schema>> | undefined
}

/** Whether nothing was wrong in a group: what is taken out leaves the names of all its keys. */
export function isWhole(group: object): boolean {
  return !Object.values(group).includes(undefined)
}

function parts(schema: unknown, value: unknown): unknown {
  if (!(schema instanceof z.ZodType)) return undefined
  const whole = schema.safeParse(value)
  if (whole.success) return whole.data
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return parts(schema.unwrap(), value)
  if (schema instanceof z.ZodArray) return Array.isArray(value) ? value.map((each) => parts(schema.element, each)) : []
  if (!isGroup(value)) return undefined
  if (schema instanceof z.ZodPipe && schema.out instanceof z.ZodObject) return parts(schema.out, value)
  if (schema instanceof z.ZodDiscriminatedUnion) return parts(memberOf(schema.options, value), value)
  if (schema instanceof z.ZodRecord) return mapValues(value, (_, each) => parts(schema.valueType, each))
  if (schema instanceof z.ZodObject) return mapValues(schema.shape, (key, part) => parts(part, value[key]))
  return undefined
}

function memberOf(options: readonly unknown[], value: Record<string, unknown>): unknown {
  return options.find((each) => each instanceof z.ZodObject && parts(each.shape.kind, value.kind) !== undefined)
}

/** Whether a value is a YAML mapping. */
export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapValues(group: Record<string, unknown>, change: (key: string, value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, change(key, value)]))
}
