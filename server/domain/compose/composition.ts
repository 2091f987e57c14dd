import { createHash } from 'node:crypto';
import type { SourceLine } from '../../../schemas/types/api.ts';
import type { SudoDefault, SudoRule } from '../../../schemas/types/common.ts';
import type {
  GuestAccount,
  GuestConfiguration,
  GuestFile,
  GuestGroup,
  GuestScript,
} from '../../../schemas/types/guest-configuration.ts';

/** An operator's script as it goes to `ubugi/scripts/NAME`. */
export interface ScriptFile {
  readonly name: string;
  readonly content: string;
}

/** Accounts and groups. */
export interface IdentityValue {
  readonly groups: readonly GuestGroup[];
  readonly accounts: readonly GuestAccount[];
}

/** Sudo rules, and settings for all of sudo; absent: none. */
export interface SudoValue {
  readonly defaults?: readonly SudoDefault[];
  readonly rules: readonly SudoRule[];
}

/** The policy's files and scripts, with the scripts' content in the order of `scripts`. */
export interface PayloadValue {
  readonly files: readonly GuestFile[];
  readonly scripts: readonly GuestScript[];
  readonly contents: readonly ScriptFile[];
}

/**
 * A part of a guest configuration that many instances have in common: a company of 100,000 instances has some hundreds
 * of them, which are composed, validated, hashed and stored once.
 */
export interface GuestPart<Value> {
  readonly value: Value;
  /** SHA-256 that is equal for equal values. */
  readonly sha256: string;
  /** Where its lines came from, in the order of `guestLines`. */
  readonly sources: readonly SourceLine[];
  /** SHA-256 over value and sources: equal parts that came about in different ways are told apart. */
  readonly key: string;
}

/** Accounts and groups, put together from accounts that many other identities have too. */
export interface IdentityPart extends GuestPart<IdentityValue> {
  /** The accounts of the value, in its order: each is stored once for all identities that it stands in. */
  readonly accounts: readonly GuestPart<GuestAccount>[];
  /** Where the lines of the groups came from, then of accounts that are not there, and why. */
  readonly groupSources: readonly SourceLine[];
}

/** The parts of a guest configuration that instances share. */
export interface GuestParts {
  readonly identity: IdentityPart;
  readonly sudo: GuestPart<SudoValue>;
  readonly payload: GuestPart<PayloadValue>;
}

/** Names of the shared parts, in the order of their lines. */
export const guestPartNames = [
  'identity',
  'sudo',
  'payload',
] as const satisfies readonly (keyof GuestParts)[];

/** What a guest configuration has of its own instance. */
export type OwnPart = Omit<GuestConfiguration, 'groups' | 'accounts' | 'sudo' | 'files' | 'scripts'>;

/** What composing instance, directory and policy gives: all that a drive is built from, and why it is so. */
export interface Composition {
  readonly guest: GuestConfiguration;
  /** The content of `guest.scripts`, in the same order. */
  readonly scripts: readonly ScriptFile[];
  /** Where every line of the guest configuration came from. */
  readonly sources: readonly SourceLine[];
  /** What `guest` and `scripts` are put together from. */
  readonly own: OwnPart;
  readonly ownSources: readonly SourceLine[];
  readonly parts: GuestParts;
}

/** A part with its hashes. Values are composed with keys in a fixed order, so their JSON is canonical. */
export function createPart<Value>(value: Value, sources: readonly SourceLine[]): GuestPart<Value> {
  const sha256 = jsonHash(value);
  return { value, sources, sha256, key: jsonHash([sha256, sources]) };
}

/** A line that is made once and stands in many parts, with its hash. */
export interface HashedLine {
  readonly line: SourceLine;
  /** SHA-256 of the line's JSON. */
  readonly sha256: string;
}

/** A line with its hash. */
export function hashLine(line: SourceLine): HashedLine {
  return { line, sha256: jsonHash(line) };
}

/**
 * An identity from accounts and lines that were hashed when they were made, and not again with each identity that they
 * stand in.
 */
export function createIdentityPart(
  groups: readonly GuestGroup[],
  groupLines: readonly HashedLine[],
  accounts: readonly GuestPart<GuestAccount>[],
): IdentityPart {
  const sha256 = jsonHash([groups, accounts.map((account) => account.sha256)]);
  const key = jsonHash([
    sha256,
    groupLines.map((line) => line.sha256),
    accounts.map((account) => account.key),
  ]);
  const groupSources = groupLines.map(({ line }) => line);
  return assembleIdentity({ sha256, key, groups, groupSources }, accounts);
}

/** An identity without its accounts. */
export interface IdentityFrame extends Pick<IdentityPart, 'sha256' | 'key' | 'groupSources'> {
  readonly groups: readonly GuestGroup[];
}

/** Puts an identity together from what is stored of it. */
export function assembleIdentity(
  frame: IdentityFrame,
  accounts: readonly GuestPart<GuestAccount>[],
): IdentityPart {
  const { sha256, key, groups } = frame;
  return {
    sha256,
    key,
    accounts,
    value: { groups, accounts: accounts.map(({ value }) => value) },
    get groupSources() {
      return frame.groupSources;
    },
    // Most of it is never looked at: made when somebody does.
    get sources() {
      const ofSection = (section: SourceLine['section']): readonly SourceLine[] =>
        accounts.flatMap((account) => account.sources.filter((line) => line.section === section));
      return [
        ...frame.groupSources.filter((line) => line.section === 'groups'),
        ...ofSection('accounts'),
        ...frame.groupSources.filter((line) => line.section === 'accounts'),
        ...ofSection('keys'),
      ];
    },
  };
}

/** Puts a composition together. @param ownSources called once, when its lines are first asked for */
export function createComposition(
  own: OwnPart,
  ownSources: () => readonly SourceLine[],
  parts: GuestParts,
): Composition {
  const { identity, sudo, payload } = parts;
  let lines: readonly SourceLine[] | undefined;
  return {
    own,
    parts,
    get guest() {
      return {
        ...own,
        groups: [...identity.value.groups],
        accounts: [...identity.value.accounts],
        sudo: {
          ...(sudo.value.defaults === undefined ? {} : { defaults: [...sudo.value.defaults] }),
          rules: [...sudo.value.rules],
        },
        files: [...payload.value.files],
        scripts: [...payload.value.scripts],
      };
    },
    scripts: payload.value.contents,
    get ownSources() {
      lines ??= ownSources();
      return lines;
    },
    get sources() {
      return [...this.ownSources, ...identity.sources, ...sudo.sources, ...payload.sources];
    },
  };
}

function jsonHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
