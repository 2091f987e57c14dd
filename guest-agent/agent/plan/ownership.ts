import type { ResourceName } from './plan.ts';

/** A file that Ubugi made and removes when it is no longer wanted. */
export interface OwnedFile {
  readonly path: string;
  readonly resource: ResourceName;
}

/** A group that Ubugi made, or that policy let it take over. */
export interface OwnedGroup {
  readonly name: string;
  readonly gid: number;
  /** It was the guest's own: its members are ours to decide, but it is never removed. */
  readonly adopted?: true;
}

/** What an account was on the guest before policy let us take it over; nothing of it comes back by itself. */
export interface AdoptedFrom {
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
  /** Groups that listed it. */
  readonly groups: readonly string[];
  /** Whether it had a password; what it was is not kept. */
  readonly password: boolean;
}

/**
 * An account that Ubugi made or took over. Once revoked it stays in passwd, locked and expired, so that its id is not
 * given anew.
 */
export interface OwnedAccount {
  readonly name: string;
  readonly uid: number;
  readonly state: 'active' | 'revoked';
  /** Groups not ours that Ubugi put it into. */
  readonly extraGroups: readonly string[];
  /** Present if it was the guest's own. */
  readonly adopted?: AdoptedFrom;
  /** Keys of ours have been in its home, so that they are looked for there from now on. */
  readonly homeKeys?: true;
}

/** What Ubugi created on this machine, `/var/lib/ubugi/owned.json`. Nothing else is ever removed. */
export interface Ownership {
  readonly files: readonly OwnedFile[];
  readonly groups: readonly OwnedGroup[];
  readonly accounts: readonly OwnedAccount[];
}

/** Nothing is ours yet. */
export const nothingOwned: Ownership = { files: [], groups: [], accounts: [] };

/** Text of `owned.json`: sorted, one entry a line. */
export function printOwnership(owned: Ownership): string {
  const section = (entries: readonly object[]): string =>
    entries.length === 0
      ? '[]'
      : `[\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    a.name < b.name ? -1 : 1;
  const files = [...owned.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return `{\n  "files": ${section(files)},\n  "groups": ${section([...owned.groups].sort(byName))},\n  "accounts": ${section(
    [...owned.accounts].sort(byName),
  )}\n}\n`;
}

/** Reads `owned.json` back; throws where it is not what {@link printOwnership} wrote. */
export function parseOwnership(text: string | undefined): Ownership {
  if (text === undefined) return nothingOwned;
  const value = JSON.parse(text) as Partial<Ownership>;
  const { files, groups, accounts } = value;
  if (!Array.isArray(files) || !Array.isArray(groups) || !Array.isArray(accounts)) {
    throw new Error(
      '/var/lib/ubugi/owned.json is damaged: restore it, or remove it to start with nothing owned',
    );
  }
  return { files, groups, accounts };
}
