import type {
  AccountAttributeNames,
  GroupAttributeNames,
  LdapDirectoryConfiguration,
} from '../../../schemas/types/server-configuration.ts';
import type { AttributeNames } from './entry-reader.ts';

/** Schemas that are known by name. */
export type DirectorySchemaName = NonNullable<LdapDirectoryConfiguration['schema']>;

/** Spellings that differ from the named schema's, by RFC 2307's names of attributes. */
export interface AttributeOverrides {
  readonly account?: Readonly<AccountAttributeNames>;
  readonly group?: Readonly<GroupAttributeNames>;
}

/** Where a schema keeps its entries below the base DN, if not directly there. */
export interface SchemaBases {
  readonly accounts?: string;
  readonly groups?: string;
  readonly netgroups?: string;
  readonly sudoers?: string;
}

/** How a directory keeps accounts and groups. */
export interface DirectorySchema {
  readonly account: AttributeNames;
  readonly group: AttributeNames;
  /** What a group lists: names (memberUid), or DNs of accounts and groups. */
  readonly membership: 'names' | 'dns';
  /** Object class of groups that guests get; undefined: those with a gidNumber. Others only nest. */
  readonly posixGroupClass: string | undefined;
  /** Names of accounts are compared without regard to case and taken in lower case. */
  readonly foldsNames: boolean;
  /** Accounts name a primary group that does not list them, by its relative identifier. */
  readonly primaryGroupById: boolean;
  readonly bases: SchemaBases;
  /** Filter (RFC 4515) of accounts. */
  readonly accountFilter: string;
  readonly groupFilter: string;
}

interface Preset extends Omit<DirectorySchema, 'accountFilter' | 'groupFilter'> {
  readonly accountFilter: (names: AttributeNames) => string;
  readonly groupClasses: readonly string[];
}

const plain = {
  account: {},
  group: {},
  foldsNames: false,
  primaryGroupById: false,
  bases: {},
  accountFilter: () => '(objectClass=posixAccount)',
} as const;

const presets: Readonly<Record<DirectorySchemaName, Preset>> = {
  rfc2307: { ...plain, membership: 'names', posixGroupClass: 'posixGroup', groupClasses: ['posixGroup'] },
  rfc2307bis: {
    ...plain,
    membership: 'dns',
    posixGroupClass: 'posixGroup',
    groupClasses: ['posixGroup', 'groupOfNames', 'groupOfUniqueNames', 'groupOfMembers'],
  },
  // The compatibility tree holds everything a second time, so the bases leave it out; sudoRoles are only there.
  freeipa: {
    ...plain,
    account: { sshPublicKey: 'ipaSshPubKey' },
    membership: 'dns',
    posixGroupClass: 'posixGroup',
    groupClasses: ['posixGroup', 'groupOfNames'],
    bases: {
      accounts: 'cn=users,cn=accounts',
      groups: 'cn=groups,cn=accounts',
      netgroups: 'cn=ng,cn=compat',
      sudoers: 'ou=sudoers',
    },
  },
  ad: {
    ...plain,
    account: { uid: 'sAMAccountName', homeDirectory: 'unixHomeDirectory' },
    group: { cn: 'sAMAccountName' },
    membership: 'dns',
    posixGroupClass: undefined,
    foldsNames: true,
    primaryGroupById: true,
    groupClasses: ['group'],
    // Computers are users too; most entries of either kind have nothing to do with POSIX.
    accountFilter: (names) =>
      `(&(objectClass=user)(!(objectClass=computer))(${escapeFilter(names['uidNumber'] ?? 'uidNumber')}=*))`,
  },
};

/** The named schema with some attributes spelled otherwise. */
export function createDirectorySchema(
  name: DirectorySchemaName,
  overrides: AttributeOverrides = {},
): DirectorySchema {
  const { accountFilter, groupClasses, ...preset } = presets[name];
  const account = { ...preset.account, ...overrides.account };
  const group = { ...preset.group, ...overrides.group };
  const classes = groupClasses.map((groupClass) => `(objectClass=${escapeFilter(groupClass)})`);
  return {
    ...preset,
    account,
    group,
    accountFilter: accountFilter(account),
    groupFilter: classes.length === 1 ? classes.join('') : `(|${classes.join('')})`,
  };
}

/** A text as a value in a filter (RFC 4515, section 3): nothing in it is a wildcard or ends the filter. */
export function escapeFilter(text: string): string {
  return text.replaceAll(
    /[\0()*\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
