import { list, type Schema, strict } from './azure-spec-schemas.ts'

/**
 * Bodies of making and looking into databases that the trimmed files of the specification leave out. They follow the
 * models of @azure/arm-sql 10 (LocationCapabilities, Database, DatabaseSchema, DatabaseTable), and section 3 of the
 * contract for the creation.
 */

const text = { type: 'string' }
const armId = { type: 'string', format: 'arm-id' }
const status = { enum: ['Visible', 'Available', 'Default', 'Disabled'] }
const capability = { status, reason: text }
const limit = (units: string[]) =>
  strict({ limit: { type: 'number', minimum: 0 }, unit: { enum: units } }, ['limit', 'unit'])
const size = limit(['Megabytes', 'Gigabytes', 'Terabytes', 'Petabytes'])
const items = (each: Schema) => ({ type: 'array', items: each })
const redundancies = { enum: ['Geo', 'Local', 'Zone', 'GeoZone'] }
const sku = strict({ name: text, tier: text, size: text, family: text, capacity: { type: 'integer' } }, ['name'])

const sizeRange = strict(
  {
    minValue: size,
    maxValue: size,
    scaleSize: size,
    logSize: limit(['Megabytes', 'Gigabytes', 'Terabytes', 'Petabytes', 'Percent']),
    ...capability,
  },
  ['minValue', 'maxValue', 'status'],
)

const objective = strict(
  {
    id: { type: 'string', format: 'uuid' },
    name: text,
    supportedMaxSizes: items(sizeRange),
    performanceLevel: strict({ value: { type: 'number' }, unit: { enum: ['DTU', 'VCores'] } }, ['value', 'unit']),
    sku,
    supportedLicenseTypes: items(strict({ name: text, ...capability }, ['name'])),
    includedMaxSize: size,
    zoneRedundant: { type: 'boolean' },
    ...capability,
  },
  ['name', 'supportedMaxSizes', 'sku', 'status'],
)

const edition = strict(
  {
    name: text,
    supportedServiceLevelObjectives: items(objective),
    zoneRedundant: { type: 'boolean' },
    readScale: strict({ maxNumberOfReplicas: { type: 'integer' }, ...capability }),
    // GZRS is known to versions after that of the models.
    supportedStorageCapabilities: items(
      strict({ storageAccountType: { enum: ['GRS', 'LRS', 'ZRS', 'GZRS'] }, ...capability }, ['storageAccountType']),
    ),
    ...capability,
  },
  ['name', 'supportedServiceLevelObjectives', 'status'],
)

/** Kinds of bodies beyond those of `definitions`, by name. */
export const databaseDefinitions: Record<string, Schema> = {
  LocationCapabilities: strict(
    {
      name: text,
      supportedServerVersions: items(
        strict({ name: text, supportedEditions: items(edition), ...capability }, ['name']),
      ),
      ...capability,
    },
    ['name', 'supportedServerVersions', 'status'],
  ),
  DatabaseCreation: strict(
    {
      location: text,
      // Resource Manager takes 50 tags with values of up to 256 characters.
      tags: { type: 'object', maxProperties: 50, additionalProperties: { type: 'string', maxLength: 256 } },
      sku,
      properties: strict({
        collation: text,
        maxSizeBytes: { type: 'integer', minimum: 1 },
        requestedBackupStorageRedundancy: redundancies,
        zoneRedundant: { type: 'boolean' },
        createMode: text,
      }),
    },
    ['location'],
  ),
  SchemaList: list(strict({ id: armId, name: text, type: text }, ['id', 'name', 'type'])),
  TableList: list(
    strict(
      {
        id: armId,
        name: text,
        type: text,
        properties: strict({
          temporalType: { enum: ['NonTemporalTable', 'HistoryTable', 'SystemVersionedTemporalTable'] },
          memoryOptimized: { type: 'boolean' },
        }),
      },
      ['id', 'name', 'type'],
    ),
  ),
}
