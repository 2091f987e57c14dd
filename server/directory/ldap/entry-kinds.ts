import {
  accountAttributes,
  accountStateAttributes,
  groupAttributes,
  historyAttributes,
  nestedGroupAttributes,
  netgroupAttributes,
  primaryGroupAttributes,
  sudoRoleAttributes,
} from '../entries/attributes.ts';
import type { DirectorySchema } from '../entries/directory-schema.ts';
import type { AttributeNames } from '../entries/entry-reader.ts';
import type { EntryKinds } from './delta/delta.ts';

/** Base DNs from the configuration. */
export interface Bases {
  readonly baseDn: string;
  readonly accountsBaseDn?: string | undefined;
  readonly groupsBaseDn?: string | undefined;
  readonly netgroupsBaseDn?: string | undefined;
  readonly sudoersBaseDn?: string | undefined;
}

/** What to search for, and where, in a directory of the given schema. */
export function entryKinds(bases: Bases, schema: DirectorySchema): EntryKinds {
  const base = (given: string | undefined, below: string | undefined): string =>
    given ?? (below === undefined ? bases.baseDn : `${below},${bases.baseDn}`);
  const primary = schema.primaryGroupById ? primaryGroupAttributes : [];
  return {
    accounts: {
      base: base(bases.accountsBaseDn, schema.bases.accounts),
      objectClass: 'account',
      filter: schema.accountFilter,
      attributes: [
        ...spelled(accountAttributes, schema.account),
        ...accountStateAttributes,
        ...primary,
        ...historyAttributes,
      ],
      // Computed by some servers (389), and set without a mark of change by others (ppolicy).
      watched: accountStateAttributes,
    },
    groups: {
      base: base(bases.groupsBaseDn, schema.bases.groups),
      objectClass: 'group',
      filter: schema.groupFilter,
      attributes: [
        ...spelled(schema.membership === 'dns' ? nestedGroupAttributes : groupAttributes, schema.group),
        ...(primary.length === 0 ? [] : ['objectSid']),
        ...historyAttributes,
      ],
      // Members come and go without a mark of change on the group: referential integrity of OpenLDAP, links of Active
      // Directory when somebody is renamed or deleted, groups whose members are computed.
      alwaysWhole: true,
    },
    netgroups: {
      base: base(bases.netgroupsBaseDn, schema.bases.netgroups),
      objectClass: 'nisNetgroup',
      filter: '(objectClass=nisNetgroup)',
      attributes: [...netgroupAttributes, ...historyAttributes],
    },
    sudoRoles: {
      base: base(bases.sudoersBaseDn, schema.bases.sudoers),
      objectClass: 'sudoRole',
      filter: '(objectClass=sudoRole)',
      attributes: [...sudoRoleAttributes, ...historyAttributes],
    },
  };
}

function spelled(attributes: readonly string[], names: AttributeNames): readonly string[] {
  return [...new Set(attributes.map((attribute) => names[attribute] ?? attribute))];
}
