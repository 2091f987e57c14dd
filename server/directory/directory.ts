import type { RecordProblem } from '../../schemas/types/api.ts';
import type { PublicKey, SudoCommand, SudoRule } from '../../schemas/types/common.ts';

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
  readonly keys: readonly PublicKey[];
}

/** A posixGroup (RFC 2307). */
export interface DirectoryGroup {
  readonly dn: string;
  readonly name: string;
  readonly gid: number;
  /** memberUid: names of accounts, also of ones that the directory does not have. Sorted. */
  readonly members: readonly string[];
}

/** A sudoRole (sudoers.ldap(5)) whose host has not been evaluated yet. */
export interface DirectorySudoRole {
  readonly dn: string;
  readonly name: string;
  /** sudoUser: name, `#uid`, `%group`, `%#gid`, each possibly negated. Netgroups are expanded. */
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
}

/** A whole reading of a directory. */
export interface DirectorySnapshot {
  readonly accounts: readonly DirectoryAccount[];
  readonly groups: readonly DirectoryGroup[];
  readonly sudoRoles: readonly DirectorySudoRole[];
  /** Entries that were refused, with DN, attribute and remedy. They count as absent. */
  readonly rejected: readonly RecordProblem[];
}

/** An LDAP adapter. */
export interface Directory {
  /** Name from the configuration, for events and explain. */
  readonly name: string;
  /**
   * Everything that policy can refer to. Fails with `directory-unavailable` on any error, time-out, referral
   * or size limit rather than return a part.
   */
  fetchAll(signal: AbortSignal): Promise<DirectorySnapshot>;
  /** Ends what the adapter keeps open (the embedded server); connections of a run end with the run. */
  close(): Promise<void>;
}
