import { setImmediate } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import { linkAddresses } from '../domain/network-links.ts';
import type { Store } from '../store/store.ts';

/** An address that an instance of an export and one that is here both have. */
export interface AddressConflict {
  readonly instance: string;
  readonly address: string;
  /** UUID of the one that is here. */
  readonly owner: string;
}

const pageSize = 1000;

/** The addresses of an instance, each in one way of writing it, without prefix lengths. */
export function addressesOf(
  record: Pick<InstanceRecord, 'interfaces' | 'bonds' | 'vlans'>,
): readonly string[] {
  return linkAddresses(record).map((text) => ipaddr.parse(text.split('/', 1)[0] ?? '').toString());
}

/** Which of these addresses present instances have. All of them are read, page by page. @param addresses with the UUIDs of those that want them */
export async function addressConflicts(
  store: Store,
  addresses: ReadonlyMap<string, string>,
): Promise<readonly AddressConflict[]> {
  const conflicts: AddressConflict[] = [];
  let after: InstanceId | undefined;
  do {
    const page = await store.instances({ after, limit: pageSize });
    for (const { id, record } of page.instances) {
      for (const address of addressesOf(record)) {
        const instance = addresses.get(address);
        if (instance !== undefined && instance !== id) conflicts.push({ instance, address, owner: id });
      }
    }
    after = page.next ?? undefined;
    // Drives are served in between.
    await setImmediate();
  } while (after !== undefined);
  return conflicts;
}
