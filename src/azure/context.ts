import type { CloudEndpoints } from '../transfer/clouds.ts'
import type { Offers } from './capabilities.ts'
import type { Clients } from './clients.ts'
import type { Errors } from './errors.ts'
import type { Home } from './operation-url.ts'
import type { Scrubber } from './scrub.ts'

/** The SQL login that a server's exports use. */
export type SqlLogin = { user: string; password: string }

/** What every call of the port works with. */
export type Context = {
  cloud: CloudEndpoints
  home: Home
  clients: Clients
  errors: Errors
  scrub: Scrubber
  offers: Offers
  /** Databases that this process has Azure make: the address of each operation by the mark of its import; empty without one. */
  creations: Map<string, string>
  sqlLogin(server: string): SqlLogin | Promise<SqlLogin>
  now(): number
  /** Takes one line of plain text without secrets. */
  log(line: string): void
}
