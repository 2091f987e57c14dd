import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { FileView } from '../../plan/machine.ts';
import type { OwnedAccount } from '../../plan/ownership.ts';
import type { Change, HomeKeys } from '../../plan/plan.ts';
import { findBlock, withBlock } from '../../rendering/block.ts';
import { renderKeysOf } from './authorized-keys.ts';
import type { ExpiryForm } from './key-validity.ts';

/** The file that every ssh server looks at. */
export function homeKeyFile(home: string): string {
  return `${home}/.ssh/authorized_keys`;
}

/** Its text with our block of these lines, at its place or at the end; no lines, no block. The user's own lines stay. */
export function withKeys(text: string, lines: readonly string[]): string {
  const { before, inside, after } = findBlock(text);
  return inside === undefined && lines.length === 0 ? text : withBlock(before, lines, after);
}

/** Blocks of keys to be put into homes, or out of them where there may be one from earlier. */
export interface HomeKeysPlan {
  readonly inHomes: readonly HomeKeys[];
  readonly changes: readonly Change[];
}

/**
 * Plans the blocks.
 *
 * @param inside accounts whose keys belong into their homes.
 * @param outside homes of others that are or were ours.
 */
export function planHomeKeys(
  inside: readonly GuestAccount[],
  outside: readonly Omit<HomeKeys, 'lines'>[],
  known: readonly OwnedAccount[],
  form: ExpiryForm,
  view: FileView,
): HomeKeysPlan {
  const marked = new Set(known.filter(({ homeKeys }) => homeKeys === true).map(({ name }) => name));
  const wanted = inside.map((account) => ({
    ...homeOf(account),
    lines: renderKeysOf(account, form).split('\n').slice(0, -1),
  }));
  const others = outside.map((home) => ({ ...home, lines: [] }));
  const pending = [...wanted, ...others].filter(
    (keys) => (keys.lines.length > 0 || marked.has(keys.account)) && isPending(keys, view),
  );
  return {
    inHomes: pending,
    changes: pending.map(({ account, home, lines }) => ({
      action: 'update',
      target: homeKeyFile(home),
      detail: lines.length === 0 ? `no key of ${account} by us` : `${lines.length} keys of ${account}`,
    })),
  };
}

/** Where the home of an account is, and whose. */
export function homeOf({ name, uid, gid, home }: GuestAccount): Omit<HomeKeys, 'lines'> {
  return { account: name, uid, gid, home };
}

/** Accounts whose homes have had keys of ours, or are about to. */
export function markedHomes(
  owned: readonly OwnedAccount[],
  inHomes: readonly HomeKeys[] = [],
): ReadonlySet<string> {
  return new Set([
    ...owned.filter(({ homeKeys }) => homeKeys === true).map(({ name }) => name),
    ...inHomes.map(({ account }) => account),
  ]);
}

function isPending({ home, lines }: HomeKeys, view: FileView): boolean {
  let text: string | undefined;
  try {
    text = view.text(homeKeyFile(home));
  } catch {
    // A link in somebody's home leads nowhere for us; the attempt to write says so.
    text = undefined;
  }
  if (text === undefined) return lines.length > 0;
  return withKeys(text, lines) !== text;
}
