import type { RecordProblem } from '../../schemas/types/api.ts';
import type {
  KeyOptions,
  PublicKey,
  SudoCommand,
  SudoDefault,
  SudoRule,
} from '../../schemas/types/common.ts';

/** A posixAccount (RFC 2307) with its keys. All values passed the allow-lists. */
export interface DirectoryAccount {
  readonly dn: string;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  /** loginShell, or undefined where the entry has none. */
  readonly shell: string | undefined;
  /** Keys without options. */
  readonly keys: readonly PublicKey[];
  /** Keys with options, which are taken only where policy allows every one of their options. Absent: none. */
  readonly restrictedKeys?: readonly RestrictedKey[];
  /** The account's validity ends then (RFC 3339 in UTC), by the attribute `notAfterFrom`. */
  readonly notAfter?: string;
  readonly notAfterFrom?: string;
  /** Spellings of attributes in this directory, by their names in RFC 2307, where they differ. For explain. */
  readonly attributeNames?: Readonly<Record<string, string>>;
  /** The entry's newest change, where the directory tells. */
  readonly lastChange?: EntryChange;
}

/** A key that the directory restricts by options of authorized_keys (sshd(8)). */
export interface RestrictedKey {
  readonly key: PublicKey;
  readonly options: KeyOptions;
  /** The attribute as this directory spells it, for problems and explain. */
  readonly attribute: string;
}

/** Who changed an entry and when: modifiersName and modifyTimestamp (RFC 4512, section 3.4). */
export interface EntryChange {
  /** DN of who did it; undefined where the directory tells the time only. */
  readonly by?: string;
  /** RFC 3339 in UTC. */
  readonly at: string;
}

/** An account that the directory has locked. It counts as absent. */
export interface DisabledAccount {
  readonly dn: string;
  readonly name: string;
  /** What says so. */
  readonly attribute: string;
  /** The attribute, and what it says, such as `nsAccountLock is TRUE`. */
  readonly reason: string;
  readonly lastChange?: EntryChange;
}

/** A posixGroup (RFC 2307, or RFC 2307bis with its nested groups resolved). */
export interface DirectoryGroup {
  readonly dn: string;
  readonly name: string;
  readonly gid: number;
  /** Names of accounts; from memberUid also of ones that the directory does not have. Sorted. */
  readonly members: readonly string[];
  /** Members that are locked and therefore not among the others, where groups name them by DN. For explain. */
  readonly lockedMembers?: readonly string[];
  /** The nested group that lists a member, locked or not, for members that the group itself does not list. */
  readonly via?: ReadonlyMap<string, NestedGroup>;
  /** As in {@link DirectoryAccount}. */
  readonly attributeNames?: Readonly<Record<string, string>>;
  readonly lastChange?: EntryChange;
}

/** A group through which somebody is in another: guests need not have it. */
export interface NestedGroup {
  readonly dn: string;
  readonly lastChange?: EntryChange;
}

/** A sudoRole (sudoers.ldap(5)) whose host has not been evaluated yet. */
export interface DirectorySudoRole {
  readonly dn: string;
  readonly name: string;
  /**
   * sudoUser: name, `#uid`, `%group`, `%#gid`, each possibly negated, or ALL, which is everybody, the accounts of the
   * system too, and is taken only where policy allows it. Netgroups are expanded.
   */
  readonly users: readonly string[];
  /** sudoHost as it stands: ALL, name, pattern, address or network, each possibly negated. Netgroups are expanded. */
  readonly hosts: readonly string[];
  readonly commands: readonly SudoCommand[];
  readonly runAsUsers: readonly string[] | undefined;
  readonly runAsGroups: readonly string[] | undefined;
  /** Tags from sudoOption: `!authenticate` is NOPASSWD. */
  readonly tags: NonNullable<SudoRule['tags']>;
  /** `command_timeout` of sudoOption, in seconds. */
  readonly timeoutSeconds?: number;
  /** `runchroot` of sudoOption. */
  readonly chroot?: string;
  /** `runcwd` of sudoOption. */
  readonly cwd?: string;
  /** `role` of sudoOption (SELinux). */
  readonly selinuxRole?: string;
  /** `type` of sudoOption (SELinux). */
  readonly selinuxType?: string;
  /** sudoOrder; 0 if absent. May be fractional. */
  readonly order: number;
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
  readonly lastChange?: EntryChange;
}

/** The entry `cn=defaults` (sudoers.ldap(5)): options for every rule. */
export interface DirectorySudoDefaults {
  readonly dn: string;
  readonly name: 'defaults';
  /** Each of good form, in one order; what loosens sudo is taken only where policy allows it. */
  readonly settings: readonly SudoDefault[];
  readonly lastChange?: EntryChange;
}

/** A whole reading of a directory. */
export interface DirectorySnapshot {
  readonly accounts: readonly DirectoryAccount[];
  readonly groups: readonly DirectoryGroup[];
  readonly sudoRoles: readonly DirectorySudoRole[];
  /** Absent: there is no `cn=defaults`, or several. */
  readonly sudoDefaults?: DirectorySudoDefaults;
  /** Accounts that are locked: no errors, but an answer to why somebody is not there. Absent: none. */
  readonly disabled?: readonly DisabledAccount[];
  /** Entries that were refused, with DN, attribute and remedy. They count as absent. */
  readonly rejected: readonly RecordProblem[];
}

/** An LDAP adapter. */
export interface Directory {
  /** Name from the configuration, for events and explain. */
  readonly name: string;
  /**
   * Everything that policy can refer to. Fails with `directory-unavailable` on any error, time-out, referral
   * or size limit rather than return a part. An adapter may read only what changed and put it together with what it
   * read before, as long as the answer is whole.
   * @param options `fresh`: nothing read before counts
   */
  fetchAll(signal: AbortSignal, options?: { readonly fresh?: boolean }): Promise<DirectorySnapshot>;
  /** Ends what the adapter keeps open (the embedded server); connections of a run end with the run. */
  close(): Promise<void>;
}
