import type { FileView } from '../../plan/machine.ts';
import { PlanError } from '../../plan/plan.ts';
import type { WantedFile } from '../../plan/wanted-file.ts';
import { createTable, type Table } from './table.ts';

/** The files that hold groups and accounts. */
export interface Databases {
  readonly passwd: Table;
  readonly group: Table;
  readonly shadow: Table;
  /** Absent where the guest does without it, as busybox does. */
  readonly gshadow: Table | undefined;
}

/** Name of one of the files in `/etc`. */
export type DatabaseName = keyof Databases;

/**
 * Reads the files; throws where one is missing or not UTF-8, since it would come back damaged. Without `/etc/shadow`
 * nothing could be locked or expire.
 */
export function readDatabases(view: FileView): Databases {
  const table = (name: DatabaseName): Table => {
    const text = view.text(`/etc/${name}`);
    if (text !== undefined) return createTable(`/etc/${name}`, text);
    const remedy =
      name === 'shadow' && view.entry('/etc/shadow') === undefined
        ? 'make it with pwconv'
        : 'repair it, accounts cannot be edited safely';
    throw new PlanError(`/etc/${name} is missing or is not UTF-8 text: ${remedy}`);
  };
  return {
    passwd: table('passwd'),
    group: table('group'),
    shadow: table('shadow'),
    gshadow: view.entry('/etc/gshadow') === undefined ? undefined : table('gshadow'),
  };
}

/** Two of the files as they should be, with the attributes that they have; one that the guest does without is left out. */
export function databaseFiles(
  databases: Databases,
  names: readonly DatabaseName[],
  view: FileView,
): readonly WantedFile[] {
  return names.flatMap((name): readonly WantedFile[] => {
    const text = databases[name]?.text();
    if (text === undefined) return [];
    const path = `/etc/${name}`;
    const { mode, uid, gid } = view.entry(path) ?? { mode: 0o600, uid: 0, gid: 0 };
    const secret = name === 'shadow' || name === 'gshadow';
    return [{ path, text, attributes: { mode, uid, gid }, ours: false, secret }];
  });
}
