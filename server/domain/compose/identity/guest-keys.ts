import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { KeyOptions, PublicKey } from '../../../../schemas/types/common.ts';
import type { RestrictedKey } from '../../../directory/directory.ts';
import { keyFingerprint, keySubject } from '../../guest-lines.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import type { SourceBook } from '../source-book.ts';
import type { Grant, KeyOption } from './grants.ts';

/**
 * Keys of a granted account. One with options is taken where the access rules allow every one of them, and is
 * otherwise left out rather than let in without them. Of a key that stands with and without options the narrower
 * counts.
 */
export function guestKeys(
  grant: Grant,
  directory: DirectoryIndex,
  book: SourceBook,
  problems: RecordProblem[],
): PublicKey[] {
  const { account } = grant;
  const restricted = account.restrictedKeys ?? [];
  const narrowed = new Set(restricted.map(({ key }) => key.key));
  const keys: PublicKey[] = [];
  const taken = new Set<string>();
  for (const key of account.keys) {
    if (narrowed.has(key.key)) continue;
    book.note('keys', keySubject(account.name, key), directory.source(account, 'sshPublicKey'));
    keys.push({ ...key });
  }
  for (const one of restricted) {
    const options = keyOptions(one.options);
    const refused = options.filter((option) => !grant.allowedOptions.has(option));
    const source = { ...directory.source(account, 'sshPublicKey'), field: one.attribute };
    if (refused.length > 0) {
      problems.push(refusal(one, refused, source));
    } else if (!taken.has(one.key.key)) {
      taken.add(one.key.key);
      const allowing = options.flatMap((option) => grant.allowedOptions.get(option) ?? []);
      book.note('keys', keySubject(account.name, one.key), source, ...allowing);
      keys.push({ ...one.key, options: orderedOptions(one.options) });
    }
  }
  return keys;
}

function refusal(
  { key, attribute }: RestrictedKey,
  options: readonly KeyOption[],
  source: { readonly name: string; readonly record: string },
): RecordProblem {
  return {
    source: source.name,
    record: source.record,
    field: attribute,
    message: `key ${keyFingerprint(key)} has options that no access rule here allows: ${options.join(', ')}; it is left out`,
    remedy:
      'add them to `keys.allowOptions` of an access rule that gives the account, or store the key without them',
  };
}

/** Options as the policy spells them. */
function keyOptions(options: KeyOptions): readonly KeyOption[] {
  return [
    ...(options.flags ?? []),
    ...(options.from === undefined ? [] : (['from'] as const)),
    ...(options.command === undefined ? [] : (['command'] as const)),
    ...(options.expiryTime === undefined ? [] : (['expiry-time'] as const)),
  ];
}

/** In one order of keys, so that equal options are equal JSON. */
function orderedOptions({ flags, from, command, expiryTime }: KeyOptions): KeyOptions {
  return {
    ...(flags === undefined ? {} : { flags: [...flags] }),
    ...(from === undefined ? {} : { from: [...from] }),
    ...(command === undefined ? {} : { command }),
    ...(expiryTime === undefined ? {} : { expiryTime }),
  };
}
