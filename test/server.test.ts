import { once } from 'node:events'
import { Agent, get, request as send } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createServer, type Readiness, type ServerOptions } from '../src/bot/server.ts'

const logged: string[] = []
const note = (_fields: object, message: string) => void logged.push(message)
const log = { info: note, warn: note, error: note }
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function started(options: Partial<ServerOptions> = {}) {
  const ready = async (): Promise<Readiness> => ({ ok: true, parts: {} })
  const server = createServer({ host: '127.0.0.1', port: 0, routes: {}, ready, alive: () => true, log, ...options })
  const { port } = await server.start()
  closing.push(() => server.stop(0))
  return { ...server, port, url: `http://127.0.0.1:${port}` }
}

test('tells that it is alive, and when it is not', async () => {
  let alive = true
  const { url } = await started({ alive: () => alive })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  alive = false
  expect((await fetch(`${url}/healthz`)).status).toBe(503)
})

test('tells for each part whether it is ready and why not', async () => {
  const parts = { redis: { ok: true }, slack: { ok: false, reason: 'Slack is not connected' } }
  const { url } = await started({ ready: async () => ({ ok: false, parts }) })
  const answer = await fetch(`${url}/readyz?verbose`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ ok: false, parts })
})

test('is not ready when readiness fails or hangs, and tells nothing of the error', async () => {
  const failing = await started({ ready: () => Promise.reject(new Error('redis://user:secret@host')) })
  const answer = await fetch(`${failing.url}/readyz`)
  expect(answer.status).toBe(503)
  expect(await answer.text()).not.toContain('secret')
  const hanging = await started({ ready: () => new Promise<Readiness>(() => undefined) })
  expect((await fetch(`${hanging.url}/readyz`)).status).toBe(503)
})

test('answers 404 to whatever has no route, and never acts on a health path by POST', async () => {
  const { url } = await started({ routes: { '/slack/events': undefined } })
  for (const path of ['/', '/slack/events', '/constructor', '/healthz/x']) {
    expect((await fetch(url + path)).status).toBe(404)
  }
  expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(404)
})

test('hands a route its requests, and survives a listener that throws', async () => {
  const { url } = await started({
    routes: {
      '/slack/events': (_request, response) => response.end('taken'),
      '/broken': () => {
        throw new Error('no')
      },
    },
  })
  expect(await (await fetch(`${url}/slack/events?x=1`, { method: 'POST' })).text()).toBe('taken')
  expect((await fetch(`${url}/broken`)).status).toBe(500)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
})

test('a stop takes nothing new, lets what is under way end, and closes idle connections', async () => {
  const arrived = Promise.withResolvers<() => void>()
  const { url, port, stop } = await started({
    routes: { '/slow': (_request, response) => arrived.resolve(() => response.end('done')) },
  })
  const agent = new Agent({ keepAlive: true })
  const idle = get(`${url}/healthz`, { agent })
  const [first] = await once(idle, 'response')
  first.resume()
  await once(first, 'end')
  const slow = send(`${url}/slow`, { agent })
  slow.end()
  const finish = await arrived.promise
  const stopped = stop(20_000)
  const refused = connect(port, '127.0.0.1')
  const [error] = await once(refused, 'error')
  expect(error.code).toBe('ECONNREFUSED')
  finish()
  const [answer] = await once(slow, 'response')
  expect(answer.statusCode).toBe(200)
  answer.resume()
  await stopped
  agent.destroy()
})

test('a stop does not wait longer than it was told for a request that hangs', async () => {
  const arrived = Promise.withResolvers<void>()
  const { url, stop } = await started({ routes: { '/hang': () => arrived.resolve() } })
  const hanging = fetch(`${url}/hang`).catch((error: unknown) => error)
  await arrived.promise
  await stop(10)
  expect(await hanging).toBeInstanceOf(TypeError)
})

test('says when its port is taken', async () => {
  const { port } = await started()
  await expect(started({ port })).rejects.toThrow('EADDRINUSE')
})
