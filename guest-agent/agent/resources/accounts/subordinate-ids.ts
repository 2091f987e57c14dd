import type { FileView } from '../../plan/machine.ts';
import { rootOwned } from '../../plan/step.ts';
import type { WantedFile } from '../../plan/wanted-file.ts';
import type { Databases } from '../identity/databases.ts';
import type { LoginDefs, SubordinateRange } from '../identity/login-defs.ts';
import type { AccountsResult } from './accounts.ts';

/**
 * `/etc/subuid` and `/etc/subgid` (subuid(5)) with a range for each account that has none, as useradd adds one: rootless
 * containers need it. Nothing where the guest has no such file or asks for no ranges. A range stays as long as the
 * account's entry does, so that nobody else comes to own what its containers left behind.
 */
export function subordinateIdFiles(
  accounts: Pick<AccountsResult, 'active' | 'renamed'>,
  { passwd, group }: Databases,
  { subUid, subGid }: LoginDefs,
  view: FileView,
): readonly WantedFile[] {
  return [
    ...wantedFile('/etc/subuid', accounts, subUid, passwd.entries(), view),
    ...wantedFile('/etc/subgid', accounts, subGid, group.entries(), view),
  ];
}

function wantedFile(
  path: string,
  { active, renamed }: Pick<AccountsResult, 'active' | 'renamed'>,
  range: SubordinateRange,
  holders: readonly (readonly string[])[],
  view: FileView,
): readonly WantedFile[] {
  const text = view.text(path);
  if (text === undefined || range.count === 0) return [];
  const lines = (text === '' ? [] : text.replace(/\n$/, '').split('\n')).map((line) => {
    const [name = '', ...rest] = line.split(':');
    const now = renamed.get(name);
    return now === undefined ? line : [now, ...rest].join(':');
  });
  const owners = new Set(lines.map((line) => line.slice(0, line.indexOf(':'))));
  const without = active.filter(({ name, uid }) => !owners.has(name) && !owners.has(String(uid)));
  const starts = freeStarts(without.length, range, [
    ...lines.flatMap(intervalOf),
    ...holders.map((entry) => ({ first: Number(entry[2]), count: 1 })),
  ]);
  const added = starts.map((start, at) => `${without[at]?.name ?? ''}:${start}:${range.count}`);
  const { mode, uid, gid } = view.entry(path) ?? rootOwned();
  const wanted = [...lines, ...added].map((line) => `${line}\n`).join('');
  return [{ path, text: wanted, attributes: { mode, uid, gid }, ours: false }];
}

interface Interval {
  readonly first: number;
  readonly count: number;
}

function intervalOf(line: string): readonly Interval[] {
  const [, first, count] = /^[^:#]+:([0-9]{1,10}):([0-9]{1,10})\s*$/.exec(line) ?? [];
  return first === undefined ? [] : [{ first: Number(first), count: Number(count) }];
}

/** Starts of ranges that no other range and no account or group lies in; fewer than asked for where there is no room. */
function freeStarts(
  wanted: number,
  { count, least, most }: SubordinateRange,
  taken: readonly Interval[],
): readonly number[] {
  const starts: number[] = [];
  if (wanted === 0) return starts;
  let candidate = least;
  const takeUpTo = (end: number): void => {
    for (; starts.length < wanted && candidate + count <= end; candidate += count) starts.push(candidate);
  };
  for (const { first, count: length } of [...taken].sort((a, b) => a.first - b.first)) {
    takeUpTo(Math.min(first, most + 1));
    candidate = Math.max(candidate, first + length);
  }
  takeUpTo(most + 1);
  return starts;
}
