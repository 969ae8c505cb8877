import { PermanentError, TransientError } from '../transfer/errors.ts'
import type { Fault } from '../transfer/model.ts'
import { jsonOf } from './answer.ts'
import type { Context } from './context.ts'

/** Every entry of a list of Resource Manager, page by page; throws one of our errors, with the permission named. */
export async function listAll(context: Context, path: string, version: string, action: string): Promise<unknown[]> {
  const { clients, errors, home } = context
  const entries: unknown[] = []
  let url: string | undefined = `${home.base}${path}?api-version=${version}`
  for (let page = 0; url !== undefined; page += 1) {
    if (page === mostPages) throw new PermanentError(endless)
    const answer = await clients.send({ method: 'GET', url }).catch((error: unknown) => {
      throw errors.failureOf(error, action)
    })
    if (answer.status !== 200) throw errors.answerFailure(answer, action)
    const body = jsonOf(answer.text)
    // Half an answer, or a page for people, must not pass for an empty list.
    if (!Array.isArray(body?.value)) throw new TransientError(errors.faultOf(answer))
    entries.push(...body.value)
    url = typeof body.nextLink === 'string' && body.nextLink !== '' ? body.nextLink : undefined
  }
  return entries
}

const mostPages = 50
const endless: Fault = { code: 'EndlessList', message: `Azure gave a list of more than ${mostPages} pages.` }
