import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createValidators } from '../../schemas/validation/validator.ts';
import { createFileInventory } from '../../server/inventory/file/file-inventory.ts';
import { defaultReadingLimits, type ReadingLimits } from '../../server/inventory/file/raw-record.ts';
import type { Inventory, InventorySnapshot } from '../../server/inventory/inventory.ts';

/** What an inventory file gives, with the names of good records and all problems beside. */
export interface InventoryReading extends InventorySnapshot {
  readonly names: readonly string[];
  readonly problems: readonly InventorySnapshot['quarantined'][number]['problems'][number][];
}

/** Inventory files in a temporary folder. */
export interface InventoryFolder {
  readonly path: string;
  inventory(file: string, content: string | Uint8Array, limits?: ReadingLimits): Promise<Inventory>;
  read(file: string, content: string | Uint8Array): Promise<InventoryReading>;
  remove(): Promise<void>;
}

const validators = createValidators();

export async function makeInventoryFolder(): Promise<InventoryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ubugi-inventory-'));

  async function inventory(
    file: string,
    content: string | Uint8Array,
    limits: ReadingLimits = defaultReadingLimits,
  ): Promise<Inventory> {
    await writeFile(join(path, file), content);
    return createFileInventory({ name: 'cmdb', path: join(path, file), validators, limits });
  }

  return {
    path,
    inventory,
    async read(file, content) {
      const snapshot = await (await inventory(file, content)).fetchAll(new AbortController().signal);
      return {
        ...snapshot,
        names: snapshot.entries.map(({ record }) => record.name),
        problems: snapshot.quarantined.flatMap(({ problems }) => problems),
      };
    },
    remove: () => rm(path, { recursive: true }),
  };
}

/** UUID of the machine with this number. */
export function instanceId(number: number): string {
  return `5f2b6a1e-0c7d-4f6a-9a53-${number.toString().padStart(12, '0')}`;
}

/** A good record of the machine with this number, from 1 to 9. */
export function instanceRecord(
  number: number,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const mac = `52:54:00:00:00:0${number}`;
  return {
    id: instanceId(number),
    name: `web-0${number}`,
    osFamily: 'debian',
    tags: ['a'],
    interfaces: [{ mac, addresses: [`192.0.2.1${number}/24`], gateway4: '192.0.2.1' }],
    ...more,
  };
}
