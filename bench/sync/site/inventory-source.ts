import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServerConfiguration } from '../../../schemas/types/server-configuration.ts';
import { testToken } from '../../../test/harness/netbox/netbox-server.ts';
import type { MachinePark } from './machines.ts';
import { serveNetbox } from './netbox.ts';

/** Inventories that the bench knows. */
export const inventoryNames = ['file', 'netbox'] as const;
export type InventoryName = (typeof inventoryNames)[number];

/** A CMDB that holds the machines. */
export interface InventorySource {
  readonly configuration: ServerConfiguration['inventories'][number];
  /** Arguments of `plain-reader.ts` that make it read the same. */
  readonly plainArguments: readonly string[];
  close(): Promise<void>;
}

/** @param folder an existing one for files */
export async function makeInventory(
  kind: InventoryName,
  park: MachinePark,
  folder: string,
): Promise<InventorySource> {
  if (kind === 'file') {
    const path = join(folder, 'inventory.json');
    await pipeline(Readable.from(inventoryLines(park)), createWriteStream(path));
    return {
      configuration: { name: 'cmdb', kind: 'file', path },
      plainArguments: ['file', path],
      close: () => Promise.resolve(),
    };
  }
  const tokenFile = join(folder, 'netbox-token');
  await writeFile(tokenFile, testToken, { mode: 0o600 });
  const server = await serveNetbox(park);
  return {
    configuration: { name: 'cmdb', kind: 'netbox', url: server.url, tokenFile },
    plainArguments: ['netbox', server.url, tokenFile],
    close: () => server.close(),
  };
}

function* inventoryLines(park: MachinePark): Generator<string> {
  yield '{"instances":[\n';
  for (let index = 0; index < park.count; index += 1) {
    yield `${JSON.stringify(park.machine(index))}${index + 1 < park.count ? ',' : ''}\n`;
  }
  yield ']}\n';
}
