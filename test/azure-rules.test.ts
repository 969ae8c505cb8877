import { expect, test } from 'vitest'
import { provesNothingSent } from '../src/azure/errors.ts'
import { matchConnections } from '../src/azure/match-connections.ts'
import { createHome, normalLocation, operationIdIn, operationUrl } from '../src/azure/operation-url.ts'
import { sameId } from '../src/azure/resource-ids.ts'
import { sameBlob } from '../src/azure/result.ts'
import { createScrubber } from '../src/azure/scrub.ts'
import { percentIn, stateOf } from '../src/azure/status-words.ts'
import { parseTime } from '../src/azure/times.ts'
import { type CloudName, cloudEndpoints } from '../src/transfer/clouds.ts'
import type { Connection, Side } from '../src/transfer/model.ts'

const sub = '11111111-1111-1111-1111-111111111111'
const guid = '5364d250-aaaa-bbbb-cccc-0123456789ab'
const path = `/subscriptions/${sub}/providers/Microsoft.Sql/locations/westus/importExportOperationResults/${guid}-srv`

test.each<[boolean, CloudName, string]>([
  [true, 'public', `https://management.azure.com${path}`],
  [true, 'public', `https://brazilus.management.azure.com${path}`],
  [true, 'public', `HTTPS://BrazilUS.Management.Azure.com:443${path.toUpperCase()}`],
  [true, 'public', path],
  [true, 'usgovernment', `https://x.management.usgovcloudapi.net${path}`],
  [true, 'china', `https://management.chinacloudapi.cn${path}`],
  [false, 'usgovernment', `https://management.azure.com${path}`],
  [false, 'public', `http://management.azure.com${path}`],
  [false, 'public', `https://management.azure.com:8443${path}`],
  [false, 'public', `https://evilmanagement.azure.com${path}`],
  [false, 'public', `https://management.azure.com.evil.net${path}`],
  [false, 'public', `https://management.azure.com@evil.net${path}`],
  [false, 'public', `https://user@management.azure.com${path}`],
  [false, 'public', `https://management.azure.com.${path}`],
  [false, 'public', `https://management.azure.com\\@evil.net${path}`],
  [false, 'public', `https://evil.net/https://management.azure.com${path}`],
  [false, 'public', `https://127.0.0.1${path}`],
  [false, 'public', `https://management.azure.com${path.replace(sub, '22222222-2222-2222-2222-222222222222')}`],
  [false, 'public', `https://management.azure.com/subscriptions/${sub}/../x/y`],
  [false, 'public', `https://management.azure.com/subscriptions/${sub}/%2e%2e/x`],
  [false, 'public', `https://management.azure.com/subscriptions/${sub}/..%2fx`],
  [false, 'public', `https://management.azure.com/x${path}`],
  [false, 'public', ''],
  [false, 'public', 'javascript:alert(1)'],
  [false, 'public', `https://management.azure.com${path}?${'x'.repeat(2000)}`],
])('an operation address is trusted: %s in %s for %s', (trusted, cloud, url) => {
  expect(operationUrl(createHome(cloudEndpoints[cloud]), sub, url) !== undefined).toBe(trusted)
})

test.each([
  [path, guid],
  [`/subscriptions/${sub}/resourceGroups/aaaaaaaa-0000-0000-0000-000000000000/x/${guid.toUpperCase()}`, guid],
  [`/subscriptions/${sub}/x/${guid}-aaaaaaaa-0000-0000-0000-000000000000`, guid],
  [`/subscriptions/${sub}/operations/${guid}/result`, guid],
  [`/subscriptions/${sub}/operations/job-7`, 'job-7'],
])('the operation of %s is %s', (url, id) => {
  expect(operationIdIn(`https://management.azure.com${url}`)).toBe(id)
})

test.each([
  ['Succeeded', 'succeeded'],
  ['Completed', 'succeeded'],
  [' COMPLETED ', 'succeeded'],
  ['Failed', 'failed'],
  ['Canceled', 'cancelled'],
  ['Cancelled', 'cancelled'],
  ['CancelInProgress', 'working'],
  ['Cancelling', 'working'],
  ['InProgress', 'working'],
  ['Pending', 'working'],
  ['Queued', 'working'],
  ['Running, Progress = 99.99 %', 'working'],
  ['Succeeding', 'working'],
  ['', 'working'],
])('the word %j says %s', (word, state) => {
  expect(stateOf(word)).toBe(state)
})

test.each([
  ['Running, Progress = 5.00 %', 5],
  ['Running, Progress = 0 %', 0],
  ['Running, Progress = 12,5%', 12.5],
  ['Running, Progress = 250 %', 100],
  ['Pending', undefined],
])('%j tells %s per cent', (text, percent) => {
  expect(percentIn(text)).toBe(percent)
})

test.each([
  ['4/11/2022 2:27:46 PM', Date.UTC(2022, 3, 11, 14, 27, 46)],
  ['12/31/2025 12:00:01 AM', Date.UTC(2025, 11, 31, 0, 0, 1)],
  ['1/2/2026 12:30:00 PM', Date.UTC(2026, 0, 2, 12, 30, 0)],
  ['4/11/2022 14:27:46', Date.UTC(2022, 3, 11, 14, 27, 46)],
  ['2026-06-01T11:59:58.5724259Z', Date.UTC(2026, 5, 1, 11, 59, 58, 572)],
  ['2026-06-01T11:59:58', Date.UTC(2026, 5, 1, 11, 59, 58)],
  ['yesterday', undefined],
  ['', undefined],
])('%j is read as a time of UTC', (text, time) => {
  expect(parseTime(text)).toBe(time)
})

test('regions, ids and blobs are compared as Azure does', () => {
  expect(normalLocation('West Europe')).toBe('westeurope')
  expect(sameId('/Subscriptions/A/x/', '/subscriptions/a/X')).toBe(true)
  expect(sameBlob('https://A.Blob.core.windows.net/c/x.bacpac', 'https://a.blob.core.windows.net/c/x.bacpac')).toBe(
    true,
  )
  expect(sameBlob('https://a.blob.core.windows.net/c/X.bacpac', 'https://a.blob.core.windows.net/c/x.bacpac')).toBe(
    false,
  )
  expect(sameBlob('', '')).toBe(false)
})

const pe = (name: string) => `/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/privateEndpoints/${name}`
const connection = (side: Side, name: string, endpoint: string): Connection => ({
  side,
  id: `/x/${name}`,
  name,
  privateEndpoint: pe(endpoint),
  state: 'Pending',
  named: false,
})
const sql1 = connection('sql', `ImportExportPrivateLink_SQL-1-${guid}`, 'ImportExportPrivateLink_SQL-1')
const sql11 = connection('sql', `ImportExportPrivateLink_SQL-11-${guid}`, 'ImportExportPrivateLink_SQL-11')
const storage1 = connection('storage', `stbackups.${guid}`, 'ImportExportPrivateLink_Storage-1')
const storage2 = connection('storage', 'stbackups.aaaa', 'ImportExportPrivateLink_Storage-2')
const strange = connection('sql', `pe-app-${guid}`, 'pe-app')
const all = [strange, sql11, sql1, storage2, storage1]

test.each<[string, Side, string, Connection | undefined]>([
  ['its name', 'sql', sql1.name, sql1],
  ['its name in other letters', 'sql', sql1.name.toUpperCase(), sql1],
  ['the beginning of its name', 'sql', 'ImportExportPrivateLink_SQL-1-5364', sql1],
  ['its endpoint, which is also the beginning of another', 'sql', 'ImportExportPrivateLink_SQL-1', sql1],
  ['the beginning of two', 'sql', 'ImportExportPrivateLink_SQL', undefined],
  ['a connection of somebody else', 'sql', strange.name, undefined],
  ['the endpoint of somebody else', 'sql', 'pe-app', undefined],
  ['nothing', 'sql', '', undefined],
  ['a connection of the other side', 'sql', storage1.name, undefined],
  ['its endpoint, on storage', 'storage', 'importexportprivatelink_storage-1', storage1],
  ['its account only', 'storage', 'stbackups', undefined],
  ['more than its name', 'storage', `${storage1.name}x`, undefined],
])('a name that is %s matches on the %s side', (_what, side, name, expected) => {
  const found = matchConnections([{ side, name, status: 'Pending' }], all)
  expect(found).toEqual(expected ? { [side]: { ...expected, named: true } } : {})
})

test('two different connections named on one side approve nothing', () => {
  const named = [sql1, sql11].map(({ name }) => ({ side: 'sql' as const, name, status: 'Pending' }))
  expect(matchConnections(named, all)).toEqual({})
  expect(matchConnections([], all)).toEqual({})
})

test.each([
  ['ECONNREFUSED', true],
  ['ENOTFOUND', true],
  ['EAI_AGAIN', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['CERT_HAS_EXPIRED', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['ECONNRESET', false],
  ['ETIMEDOUT', false],
  ['EPIPE', false],
  ['Timeout', false],
  ['REQUEST_SEND_ERROR', false],
])('%s proves that nothing was sent: %s', (code, proves) => {
  expect(provesNothingSent({ code, message: '' })).toBe(proves)
})

test('secrets are taken out of texts in every spelling, and texts are short', () => {
  const scrub = createScrubber()
  for (const secret of ['s3cr"et&\\x', 's3cr"et&', 'abc']) scrub.remember(secret)
  expect(scrub.clean('a s3cr"et&\\x b')).toBe('a [hidden] b')
  expect(scrub.clean(JSON.stringify({ p: 's3cr"et&\\x' }))).toBe('{"p":"[hidden]"}')
  expect(scrub.clean(encodeURIComponent('s3cr"et&\\x'))).toBe('[hidden]')
  expect(scrub.clean('the abc of it')).toBe('the abc of it')
  expect(scrub.clean(`DefaultEndpointsProtocol=https;AccountKey=${'q'.repeat(20)};x`)).toBe(
    'DefaultEndpointsProtocol=https;AccountKey=[hidden];x',
  )
  expect(scrub.clean('https://a/b?sv=1&sig=abc%3D&x=1')).toBe('https://a/b?sv=1&sig=[hidden]&x=1')
  expect(scrub.clean(`key ${'Ab1+'.repeat(21)}/9==!`)).toBe('key [hidden]!')
  expect(scrub.clean('Bearer abcdefghijkl eyJhbGciOiJub25l.eyJzdWIi.c2ln')).toBe('Bearer [hidden] [hidden]')
  expect(scrub.clean(`one\n\ttwo${'x'.repeat(1000)}`)).toHaveLength(600)
})
