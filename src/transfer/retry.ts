import { nameBlob } from './blob-name.ts'
import { Refusal } from './errors.ts'
import { relabelled } from './labels.ts'
import type { Millis } from './model.ts'
import type { Catalogue } from './policy.ts'
import type { Request } from './request.ts'

type Again = Pick<Request, 'operation' | 'database' | 'storage' | 'privateLink' | 'reason' | 'create'>

/** The same request anew: an export gets a blob of its own beside the first one. Throws `Refusal` when the catalogue has lost a part of it; whether a rule still names what is not of the catalogue is for the rules. */
export function again(request: Request, catalogue: Catalogue, { id, at }: { id: string; at: Millis }): Again {
  const { operation, database, storage, privateLink, reason, create } = request
  const entry = storage.discovered
    ? { endpoint: new URL(storage.uri).origin }
    : catalogue.storage.find((each) => each.id.toLowerCase() === storage.id.toLowerCase())
  if (!entry) throw new Refusal('unknown_storage', { name: storage.alias })
  const known = database.discovered || catalogue.databases.some((each) => each.server === database.server)
  if (!known) throw new Refusal('unknown_database', { name: database.alias })
  const { endpoint } = entry
  const blob =
    operation === 'export'
      ? nameBlob({
          ...{ endpoint, container: storage.container, database: database.database, id, at },
          wish: storage.blob.replace(/-\d{8}-\d{6}-[a-z0-9]{8}\.bacpac$/, ''),
        })
      : {}
  return {
    ...{ operation, ...relabelled({ database, storage: { ...storage, ...blob } }, catalogue), privateLink },
    ...(reason === undefined ? {} : { reason }),
    ...(create === undefined ? {} : { create }),
  }
}
