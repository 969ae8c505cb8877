import { ok } from './answers.ts'
import { onSubscription } from './lookups.ts'
import type { SqlDatabase } from './types.ts'
import type { Handler } from './world.ts'

type Status = 'Default' | 'Available' | 'Visible'
type Size = { least: number; most: number; step: number; status: Status }

/** A service objective that the sandbox offers; sizes in megabytes. */
export type Objective = { name: string; sku: SqlDatabase['sku']; sizes: Size[]; status: Status }
/** An edition that the sandbox offers, with the kinds of backup storage that it takes. */
export type Edition = { name: string; objectives: Objective[]; storage: string[]; status: Status }

const gigabyte = 1024
const terabyte = 1024 * gigabyte
const small = [100, 500, gigabyte, 2 * gigabyte]
const middle = [5, 10, 20, 30, 40, 50, 100, 150, 200, 250].map((size) => size * gigabyte)
const large = [300, 400, 500, 750, 1024].map((size) => size * gigabyte)
const everywhere = ['GRS', 'LRS', 'ZRS']

/** What databases can be made as, the same in every region. */
export const editions: readonly Edition[] = [
  { name: 'System', objectives: [dtu('System', 'System0', 0, [30 * gigabyte])], storage: ['GRS'], status: 'Visible' },
  {
    name: 'Basic',
    objectives: [dtu('Basic', 'Basic', 5, small, 'Default')],
    storage: everywhere,
    status: 'Available',
  },
  {
    name: 'Standard',
    objectives: [
      dtu('Standard', 'S0', 10, [...small, ...middle], 'Default'),
      dtu('Standard', 'S1', 20, [...small, ...middle]),
      dtu('Standard', 'S2', 50, [...small, ...middle]),
      dtu('Standard', 'S3', 100, [...small, ...middle, ...large]),
    ],
    storage: everywhere,
    status: 'Available',
  },
  {
    name: 'Premium',
    objectives: [dtu('Premium', 'P1', 125, [...small, ...middle, ...large], 'Default')],
    storage: everywhere,
    status: 'Available',
  },
  {
    name: 'DataWarehouse',
    objectives: [dtu('DataWarehouse', 'DW100c', 900, [240 * terabyte], 'Default')],
    storage: ['GRS'],
    status: 'Available',
  },
  {
    name: 'GeneralPurpose',
    objectives: [
      vcore('GeneralPurpose', 'GP_Gen5', 2, terabyte, 'Default'),
      vcore('GeneralPurpose', 'GP_Gen5', 4, terabyte),
    ],
    storage: [...everywhere, 'GZRS'],
    status: 'Default',
  },
  {
    name: 'Hyperscale',
    objectives: [vcore('Hyperscale', 'HS_Gen5', 2, 128 * terabyte, 'Default')],
    storage: [...everywhere, 'GZRS'],
    status: 'Available',
  },
]

/** Capabilities_ListByLocation; `include` changes nothing. */
export const listCapabilities: Handler = onSubscription((call) =>
  ok({
    name: call.params.location,
    status: 'Available',
    supportedServerVersions: [{ name: '12.0', status: 'Default', supportedEditions: editions.map(editionBody) }],
  }),
)

function dtu(tier: string, name: string, capacity: number, sizes: number[], status: Status = 'Available'): Objective {
  const usual = Math.min(250 * gigabyte, Math.max(...sizes))
  const each = (size: number): Size => {
    return { least: size, most: size, step: 0, status: size === usual ? 'Default' : 'Available' }
  }
  return { name, sku: { name: tier, tier, capacity }, sizes: sizes.map(each), status }
}

function vcore(tier: string, sku: string, capacity: number, most: number, status: Status = 'Available'): Objective {
  const usual = 32 * gigabyte
  return {
    name: `${sku}_${capacity}`,
    sku: { name: sku, tier, family: 'Gen5', capacity },
    sizes: [
      { least: gigabyte, most, step: gigabyte, status: 'Available' },
      { least: usual, most: usual, step: 0, status: 'Default' },
    ],
    status,
  }
}

function editionBody({ name, objectives, storage, status }: Edition): unknown {
  return {
    name,
    supportedServiceLevelObjectives: objectives.map(objectiveBody),
    zoneRedundant: false,
    readScale: { maxNumberOfReplicas: 0, status: 'Available' },
    supportedStorageCapabilities: storage.map((storageAccountType) => {
      return { storageAccountType, status: storageAccountType === 'GRS' ? 'Default' : 'Available' }
    }),
    status,
    ...(status === 'Visible' ? { reason: 'The edition is for the service itself.' } : {}),
  }
}

function objectiveBody({ name, sku, sizes, status }: Objective): unknown {
  const isVcore = sku.family !== undefined
  return {
    id: `00000000-0000-0000-0000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}`,
    name,
    supportedMaxSizes: sizes.map((each) => ({
      minValue: limit(each.least),
      maxValue: limit(each.most),
      scaleSize: limit(each.step),
      logSize: { limit: isVcore ? 30 : 0, unit: isVcore ? 'Percent' : 'Megabytes' },
      status: each.status,
    })),
    performanceLevel: { value: sku.capacity, unit: isVcore ? 'VCores' : 'DTU' },
    sku,
    supportedLicenseTypes: isVcore ? [{ name: 'LicenseIncluded', status: 'Default' }] : [],
    includedMaxSize: limit(isVcore ? 0 : Math.min(250 * gigabyte, Math.max(...sizes.map(({ most }) => most)))),
    zoneRedundant: false,
    status,
  }
}

function limit(megabytes: number): { limit: number; unit: string } {
  const unit = megabytes >= terabyte ? terabyte : megabytes >= gigabyte ? gigabyte : 1
  const fits = megabytes > 0 && megabytes % unit === 0
  if (!fits) return { limit: megabytes, unit: 'Megabytes' }
  return {
    limit: megabytes / unit,
    unit: unit === terabyte ? 'Terabytes' : unit === gigabyte ? 'Gigabytes' : 'Megabytes',
  }
}
