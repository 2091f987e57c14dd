import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type {
  HttpJsonInventoryConfiguration,
  ServerConfiguration,
} from '../../schemas/types/server-configuration.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { type Clock, systemClock } from '../../server/domain/clock.ts';
import type { HttpJsonCredentials } from '../../server/inventory/http-json/credentials.ts';
import { createHttpJsonInventory } from '../../server/inventory/http-json/http-json-inventory.ts';
import type { HttpJsonLimits } from '../../server/inventory/http-json/limits.ts';
import type { HttpJsonOptions } from '../../server/inventory/http-json/option-rules.ts';
import type { Inventory } from '../../server/inventory/inventory.ts';

const validators = createValidators();

/** An inventory as a server's configuration has it, checked against its schema. */
export function checkedConfiguration(inventory: unknown): HttpJsonInventoryConfiguration {
  const config = {
    store: { kind: 'sqlite', path: 'x' },
    signing: { keyFile: 'x' },
    inventories: [inventory],
    directory: { name: 'x', kind: 'embedded', ldifFile: 'x', baseDn: 'dc=x' },
    policy: { files: ['x'] },
  };
  const checked = validators.serverConfiguration(config);
  if (checked.kind === 'invalid') throw new Error(JSON.stringify(checked.problems));
  const [first] = (checked.value satisfies ServerConfiguration).inventories;
  if (first?.kind !== 'http-json') throw new Error('no http-json inventory');
  return first;
}

/** A ready configuration of `examples/cmdb`, with smaller pages. */
export function exampleConfiguration(name: string, pageSize: number): HttpJsonInventoryConfiguration {
  const file = join(import.meta.dirname, '../../examples/cmdb', name);
  const text = readFileSync(file, 'utf8').replace(/\bsize: \d+/g, `size: ${pageSize}`);
  return checkedConfiguration(parse(text));
}

/** The inventory of such a configuration in a stand-in. */
export function openInventory(
  config: HttpJsonOptions & { readonly name: string; readonly url: string },
  origin: string,
  credentials: HttpJsonCredentials,
  limits: Partial<HttpJsonLimits> = {},
  clock: Clock = systemClock,
): Inventory {
  return createHttpJsonInventory(
    {
      name: config.name,
      url: origin + new URL(config.url).pathname,
      credentials,
      tls: { ca: undefined, client: undefined },
      validators,
      clock,
    },
    { ...config, limits: { retryPauseMs: 1, ...limits } },
  );
}
