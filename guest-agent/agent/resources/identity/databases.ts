import type { FileView } from '../../plan/machine.ts';
import { PlanError } from '../../plan/plan.ts';
import type { WantedFile } from '../../plan/wanted-file.ts';
import { createTable, type Table } from './table.ts';

/** The four files that hold groups and accounts. */
export interface Databases {
  readonly passwd: Table;
  readonly group: Table;
  readonly shadow: Table;
  readonly gshadow: Table;
}

/** Name of one of the four files in `/etc`. */
export type DatabaseName = keyof Databases;

/** Reads the four files; throws where one is missing or not UTF-8, since it would come back damaged. */
export function readDatabases(view: FileView): Databases {
  const table = (name: DatabaseName): Table => {
    const text = view.text(`/etc/${name}`);
    if (text === undefined) {
      throw new PlanError(
        `/etc/${name} is missing or is not UTF-8 text: repair it, accounts cannot be edited safely`,
      );
    }
    return createTable(`/etc/${name}`, text);
  };
  return {
    passwd: table('passwd'),
    group: table('group'),
    shadow: table('shadow'),
    gshadow: table('gshadow'),
  };
}

/** Two of the files as they should be, with the attributes that they have. */
export function databaseFiles(
  databases: Databases,
  names: readonly DatabaseName[],
  view: FileView,
): readonly WantedFile[] {
  return names.map((name) => {
    const path = `/etc/${name}`;
    const entry = view.entry(path);
    const attributes = entry ?? { mode: 0o600, uid: 0, gid: 0 };
    return {
      path,
      text: databases[name].text(),
      attributes: { mode: attributes.mode, uid: attributes.uid, gid: attributes.gid },
      ours: false,
      secret: name === 'shadow' || name === 'gshadow',
    };
  });
}
