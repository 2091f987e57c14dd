import type { Validators } from '../schemas/validation/validator.ts';
import { readCertificates } from './config/certificate-file.ts';
import type { Config } from './config/config.ts';
import { openSecretFile, readPassword } from './config/secret-file.ts';
import type { Clock } from './domain/clock.ts';
import { AppError } from './domain/errors.ts';
import { createFileInventory } from './inventory/file/file-inventory.ts';
import type { HttpJsonCredentials } from './inventory/http-json/credentials.ts';
import { createHttpJsonInventory } from './inventory/http-json/http-json-inventory.ts';
import type { Inventory } from './inventory/inventory.ts';
import { createMergedInventory } from './inventory/merged/merged-inventory.ts';
import { createNetboxInventory } from './inventory/netbox/netbox-inventory.ts';

type InventoryConfig<Kind extends string> = Extract<Config['inventories'][number], { readonly kind: Kind }>;

/** What every inventory needs. */
export interface InventoryPorts {
  readonly validators: Pick<Validators, 'instanceRecord'>;
  readonly clock: Clock;
}

/**
 * The inventory that the configuration names; several as one, under the name of the first. Fails with
 * `configuration-invalid` where one of its files cannot be read.
 */
export async function createInventory(
  { inventories, inventoryPrecedence }: Pick<Config, 'inventories' | 'inventoryPrecedence'>,
  ports: InventoryPorts,
): Promise<Inventory> {
  const created: Inventory[] = [];
  for (const config of inventories) created.push(await createOne(config, ports));
  const [first, ...others] = created;
  if (first === undefined) {
    throw new AppError('configuration-invalid', 'inventories is empty: name the CMDB in it');
  }
  if (others.length === 0) return first;
  return createMergedInventory({
    name: first.name,
    inventories: created,
    precedence: {
      lists: inventoryPrecedence?.lists ?? 'first',
      fields: inventoryPrecedence?.fields ?? {},
    },
  });
}

async function createOne(config: Config['inventories'][number], ports: InventoryPorts): Promise<Inventory> {
  switch (config.kind) {
    case 'file':
      return createFileInventory({ name: config.name, path: config.path, validators: ports.validators });
    case 'netbox':
      return await createNetbox(config, ports);
    case 'http-json':
      return await createHttpJson(config, ports);
  }
}

async function createNetbox(config: InventoryConfig<'netbox'>, ports: InventoryPorts): Promise<Inventory> {
  const { name, url, tokenFile, caFile, filter = {}, mapping = {} } = config;
  const { pageSize = 500, changeOverlapSeconds = 600, changeLogDays = 90 } = config;
  return createNetboxInventory(
    {
      name,
      url,
      token: await readPassword(tokenFile),
      ca: caFile === undefined ? undefined : await readCertificates(caFile),
      ...ports,
    },
    {
      filter: Object.entries(filter).flatMap(([parameter, values]) =>
        [values].flat().map((value) => [parameter, value] as const),
      ),
      mapping,
      limits: {
        ...deadlines(config),
        pageSize,
        overlapMs: changeOverlapSeconds * 1000,
        // NetBox clears its log once a day.
        retentionMs: (changeLogDays - 1) * 86_400_000,
      },
    },
  );
}

async function createHttpJson(
  config: InventoryConfig<'http-json'>,
  ports: InventoryPorts,
): Promise<Inventory> {
  const { name, url, caFile, clientCertificate } = config;
  return createHttpJsonInventory(
    {
      name,
      url,
      credentials: await readCredentials(config.authentication),
      tls: {
        ca: caFile === undefined ? undefined : await readCertificates(caFile),
        client:
          clientCertificate === undefined
            ? undefined
            : {
                certificate: await readCertificates(clientCertificate.certificateFile),
                key: await readKey(clientCertificate.keyFile),
              },
      },
      ...ports,
    },
    { ...config, limits: deadlines(config) },
  );
}

async function readCredentials(
  config: InventoryConfig<'http-json'>['authentication'],
): Promise<HttpJsonCredentials> {
  switch (config?.kind) {
    case undefined:
      return { kind: 'none' };
    case 'basic':
      return { kind: 'basic', user: config.user, password: await readPassword(config.passwordFile) };
    case 'bearer':
      return {
        kind: 'bearer',
        scheme: config.scheme ?? 'Bearer',
        token: await readPassword(config.tokenFile),
      };
    case 'header':
      return { kind: 'header', header: config.header, value: await readPassword(config.valueFile) };
  }
}

async function readKey(path: string): Promise<string> {
  const file = await openSecretFile(path);
  if (file.kind === 'read') return file.content;
  throw new AppError('configuration-invalid', `${path} ${file.problem.message}; ${file.problem.remedy}`);
}

function deadlines({
  connectTimeoutSeconds,
  operationTimeoutSeconds,
}: Pick<InventoryConfig<'http-json'>, 'connectTimeoutSeconds' | 'operationTimeoutSeconds'>): {
  readonly connectMs: number;
  readonly operationMs: number;
} {
  return {
    connectMs: (connectTimeoutSeconds ?? 3) * 1000,
    operationMs: (operationTimeoutSeconds ?? 10) * 1000,
  };
}
