/** The parts of a resource id that Drawbridge needs, or a sentence about what is wrong with it. */
export type Parsed<Parts> = { ok: true; parts: Parts } | { ok: false; wrong: string }

export type DatabaseId = { id: string; subscription: string; resourceGroup: string; server: string; database: string }
export type AccountId = { id: string; subscription: string; resourceGroup: string; account: string }

const databaseForm =
  '/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Sql/servers/<server>/databases/<name>'
const accountForm = '/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<name>'
const reserved = ['master', 'model', 'msdb', 'tempdb']

/** Reads the resource id of a database; names that Azure compares without case come out in its own spelling. */
export function parseDatabaseId(written: string): Parsed<DatabaseId> {
  if (/\/managedInstances\//i.test(written)) {
    return no(
      'belongs to a SQL managed instance, which Azure cannot export — write the id of a database on a SQL server',
    )
  }
  const found =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Sql\/servers\/([^/]+)\/databases\/([^/]+)\/?$/i.exec(
      written,
    )
  if (!found) return no(`is not the resource id of a database — write ${databaseForm}`)
  const [, subscription = '', resourceGroup = '', server = '', database = ''] = found
  const wrong = wrongGroup(resourceGroup) ?? wrongServer(server) ?? wrongDatabase(database)
  if (wrong) return no(wrong)
  const parts = { subscription: subscription.toLowerCase(), resourceGroup, server: server.toLowerCase(), database }
  const at = `/subscriptions/${parts.subscription}/resourceGroups/${resourceGroup}`
  const id = `${at}/providers/Microsoft.Sql/servers/${parts.server}/databases/${database}`
  return { ok: true, parts: { id, ...parts } }
}

/** Reads the resource id of a storage account. */
export function parseAccountId(written: string): Parsed<AccountId> {
  const found =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Storage\/storageAccounts\/([^/]+)\/?$/i.exec(
      written,
    )
  if (!found) return no(`is not the resource id of a storage account — write ${accountForm}`)
  const [, subscription = '', resourceGroup = '', name = ''] = found
  const wrong = wrongGroup(resourceGroup) ?? wrongAccount(name)
  if (wrong) return no(wrong)
  const parts = { subscription: subscription.toLowerCase(), resourceGroup, account: name.toLowerCase() }
  const at = `/subscriptions/${parts.subscription}/resourceGroups/${resourceGroup}`
  return { ok: true, parts: { id: `${at}/providers/Microsoft.Storage/storageAccounts/${parts.account}`, ...parts } }
}

function no(wrong: string): { ok: false; wrong: string } {
  return { ok: false, wrong }
}

function wrongGroup(name: string): string | undefined {
  if (/^[\p{L}\p{N}_().-]{1,90}$/u.test(name) && !name.endsWith('.')) return undefined
  return 'names an impossible resource group — write up to 90 letters, digits and _ ( ) . -, not ending in a period'
}

function wrongServer(name: string): string | undefined {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(name)) return undefined
  return 'names an impossible SQL server — write its short name: up to 63 letters, digits and hyphens'
}

function wrongDatabase(name: string): string | undefined {
  if (reserved.includes(name.toLowerCase())) {
    return `names the system database ${name.toLowerCase()}, which cannot be exported — write the id of a database of yours`
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Azure refuses them in names.
  if (/^[^<>*%&:\\/?\u0000-\u001f\u007f]{1,128}$/.test(name) && !/[ .]$/.test(name)) return undefined
  return 'names an impossible database — write 1 to 128 characters without < > * % & : \\ / ?, not ending in a space or period'
}

function wrongAccount(name: string): string | undefined {
  if (/^[a-z0-9]{3,24}$/i.test(name)) return undefined
  return 'names an impossible storage account — write 3 to 24 lower-case letters and digits'
}
