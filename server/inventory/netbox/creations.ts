import type { Row } from './client/pager.ts';
import { valueAt } from './mapping.ts';

/** Who created a virtual machine, by NetBox's change log. */
export interface Creation {
  readonly machine: number;
  readonly user: string;
}

/** The creation that a row of `core/object-changes` tells of; undefined if it is another change. */
export function creationOf(row: Row): Creation | undefined {
  const machine = valueAt(row, 'changed_object_id');
  const user = valueAt(row, 'user_name') ?? valueAt(row, 'user.username');
  if (valueAt(row, 'changed_object_type') !== 'virtualization.virtualmachine') return undefined;
  if (valueAt(row, 'action') !== 'create') return undefined;
  return typeof machine === 'number' && typeof user === 'string' ? { machine, user } : undefined;
}
