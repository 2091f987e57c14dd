import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import { findBlock } from '../../rendering/block.ts';
import { detailed } from './drop-in.ts';
import { exclusiveLines, matchBeforeEnd } from './exclusive-keys.ts';
import { homeOf } from './home-keys.ts';
import type { KeysContext, KeysLayout } from './keys.ts';
import { readsHomes, withBlockAtEnd } from './sshd-config.ts';

/**
 * Where sshd reads no drop-ins (before OpenSSH 8.2, or by the guest's choice): a marked block in each home, and for
 * accounts with exclusive keys a file of ours, named by a marked block at the end of the main configuration.
 */
export function markedBlocksLayout(accounts: readonly GuestAccount[], context: KeysContext): KeysLayout {
  const { main, extent } = context;
  const closed = (extent === 'some' ? currentlyExclusive(main.text) : undefined) ?? [];
  const isExclusive = ({ name, exclusiveKeys }: GuestAccount): boolean =>
    extent === 'all' ? exclusiveKeys === true : closed.includes(name);
  const exclusive = accounts.filter(isExclusive);
  const shared = accounts.filter((account) => !isExclusive(account));
  const names = exclusive.map(({ name }) => name);
  const early = names.length === 0 ? undefined : matchBeforeEnd(main.path, main.text);
  const blind = shared.some(({ keys }) => keys.length > 0) && !readsHomes(main.text);
  return {
    inFiles: exclusive,
    inHomes: shared,
    outOfHomes: exclusive.map(homeOf),
    main: extent === 'some' ? main.text : withBlockAtEnd(main.text, exclusiveLines(names)),
    dropIns: [],
    problems: [
      ...(early === undefined ? [] : [early]),
      ...(blind ? [`${main.path} has an AuthorizedKeysFile without .ssh/authorized_keys: add it there`] : []),
    ],
    tried: extent === 'all' && early === undefined ? names[0] : undefined,
    detail: (change) => (change.target === main.path ? detailed(change, names, context) : change),
  };
}

/** Accounts that our block closes other ways for as it stands. */
function currentlyExclusive(main: string): readonly string[] {
  const [first = ''] = findBlock(main).inside ?? [];
  return (/^Match User (\S+)$/.exec(first)?.[1] ?? '').split(',');
}
