import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { Change } from '../../plan/plan.ts';
import type { WantedFile } from '../../plan/wanted-file.ts';
import { closedWays, exclusiveLines, foreignDropIns, precedingMatch } from './exclusive-keys.ts';
import { homeOf } from './home-keys.ts';
import type { KeysContext, KeysLayout } from './keys.ts';
import { dropIn, dropInText, withBlockAtEnd } from './sshd-config.ts';

/** Where sshd reads drop-ins: all keys in files of ours, and a drop-in that makes sshd read them. */
export function dropInLayout(accounts: readonly GuestAccount[], context: KeysContext): KeysLayout {
  const { main, view, extent } = context;
  const exclusive = accounts.filter((account) => account.exclusiveKeys === true).map(({ name }) => name);
  const current = view.text(dropIn);
  const kept = extent === 'some' && current?.startsWith(dropInText) === true ? current : undefined;
  const lines = extent === 'some' ? [] : exclusiveLines(exclusive);
  const text = kept ?? `${dropInText}${lines.map((line) => `${line}\n`).join('')}`;
  const preceding = exclusive.length === 0 ? undefined : precedingMatch(view);
  const ours: WantedFile = { path: dropIn, text, ours: true };
  return {
    // An empty file where nothing else may let in: one that somebody else put there would.
    inFiles: accounts.filter(({ keys, exclusiveKeys }) => keys.length > 0 || exclusiveKeys === true),
    inHomes: [],
    outOfHomes: accounts.map(homeOf),
    // A block that an earlier agent left there goes.
    main: withBlockAtEnd(main.text, []),
    // With nobody of ours on the guest, sshd is none of our business.
    dropIns: accounts.length === 0 && extent === 'all' ? [] : [ours],
    problems: preceding === undefined ? [] : [preceding],
    tried: extent === 'all' && preceding === undefined ? exclusive[0] : undefined,
    detail: (change) => (change.target === dropIn ? detailed(change, exclusive, context) : change),
  };
}

/** Says whom other ways are closed for, and which those are. */
export function detailed(
  change: Change,
  exclusive: readonly string[],
  { main, view }: Pick<KeysContext, 'main' | 'view'>,
): Change {
  if (exclusive.length === 0) return change;
  const closed = closedWays([main, ...foreignDropIns(view)]);
  const detail = [
    `only the configured keys for ${exclusive.join(', ').slice(0, 200)}`,
    ...(closed.length === 0 ? [] : [`for them no longer: ${closed.join(', ')}`]),
  ].join('; ');
  return { ...change, detail: detail.slice(0, 500) };
}
