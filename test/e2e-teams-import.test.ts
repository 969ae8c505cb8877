import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { checkExchange } from './support/azure-spec.ts'
import { partsOf } from './support/cases.ts'
import { askedIn, teamsCases } from './support/chats.ts'
import { emptied, packed, packedIn, sentFor } from './support/imports.ts'
import { inStatus } from './support/story.ts'
import {
  cardsOn,
  flawsOf,
  idOfRoot,
  mentionedIn,
  openCard,
  press,
  rootsOf,
  sentenceOf,
  teamsRootOf,
  wordsOf,
} from './support/teams-story.ts'
import { startWorld, type World } from './support/world.ts'

// One test is a whole story.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const patience = 60_000
const title = 'Import of into.bacpac to into'

let world: World
beforeAll(async () => {
  world = await startWorld(teamsCases({ into: { requesters: ['anyone'] } }))
  emptied(world, 'into')
  packedIn(world, 'into', partsOf(world, 'into').account.name)
  await world.start('all')
})
afterAll(() => world.close())

test('an import is asked for, approved and told in Teams in the words of an import', async () => {
  const { teams } = world
  await teams.as('dana').say('import into/bacpacs/in/into.bacpac to into', { in: askedIn('into') })
  const root = await teamsRootOf(world, 'into')
  const id = idOfRoot(root)
  const card = await openCard(world, id)
  for (const said of [title, 'database into on server sql-into', 'Azure then loads the blob into the database']) {
    expect(JSON.stringify(cardsOn(card)).replaceAll('**', '').replaceAll('`', '')).toContain(said)
  }
  expect(sentenceOf(await press(world, 'sam', card, 'approve'))).toContain('Your yes is recorded (1 of 1)')
  await inStatus(world, id, 'succeeded')
  const tellings = await teams.until(({ messages }) => {
    const all = messages.filter(({ summary, edits }) => summary?.startsWith(`${title}: `) && edits.length > 0)
    const told = all.map(wordsOf).filter((text) => !text.includes('\nTransfer '))
    return told.some((text) => text.includes('has finished')) && all.filter((each) => told.includes(wordsOf(each)))
  }, patience)
  const milestones = ['has taken the job', 'are asked', 'approved this (1 of 1)', 'loads the blob', 'has finished']
  expect(tellings).toHaveLength(milestones.length)
  for (const [index, part] of milestones.entries()) expect(tellings[index] && wordsOf(tellings[index])).toContain(part)
  const last = tellings.at(-1)
  expect(last && wordsOf(last)).toContain('is loaded from')
  expect(last && mentionedIn(last)).toContain(teams.as('dana').user.objectId)
  await teams.until(() => wordsOf(root).includes('Finished'), patience)
  expect(rootsOf(world, id)).toHaveLength(1)
  expect(partsOf(world, 'into').database?.tables).toEqual(packed)
  expect(sentFor(world, 'into').filter((name) => name === 'import')).toHaveLength(1)
})

test('nobody who reads of it reads of an export', () => {
  const shown = world.teams.state.messages.filter(({ from }) => from.startsWith('28:'))
  expect(shown.length).toBeGreaterThan(6)
  for (const each of shown) {
    const text = JSON.stringify(each.edits).replace(/ImportExport\w*/g, '')
    expect(text).not.toMatch(/.{0,60}export.{0,20}/i)
  }
})

test('Teams took everything within its limits', () => {
  expect(flawsOf(world)).toEqual([])
})

test('every request and every answer is as the specification has it', () => {
  expect(world.azure.state.requests.flatMap(checkExchange)).toEqual([])
})
