import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Ending,
  endingsDue,
  parseEndings,
  printEndings,
} from '../../../guest-agent/agent/schedule/endings.ts';
import { hasExpired, nextDue } from '../../../guest-agent/agent/schedule/next-due.ts';
import { exampleGuest } from '../example-guest.ts';

const now = Date.UTC(2026, 0, 2, 12);
const minute = 60_000;

describe('what falls due by itself', () => {
  const [alice, bob] = exampleGuest().accounts;
  if (alice === undefined || bob === undefined) throw new Error('the example has two accounts');
  const record: readonly Ending[] = [
    { account: 'alice', uid: 5001, at: now + 5 * minute },
    { account: 'bob', uid: 5002, at: now },
  ];

  test('the next moment is the first of endings and ends of validity that has not passed', () => {
    const until = (notAfter: string) => ({ accounts: [{ ...alice, notAfter }, bob] });
    expect(nextDue([], { accounts: [alice, bob] }, now)).toBeUndefined();
    expect(nextDue(record, { accounts: [alice, bob] }, now)).toBe(now + 5 * minute);
    expect(nextDue(record, until('2026-01-02T12:03:00Z'), now)).toBe(now + 3 * minute);
    expect(nextDue([], until('2026-01-02T12:00:00Z'), now)).toBeUndefined();
    expect(nextDue([], until('2026-01-02T12:00:00.001Z'), now)).toBe(now + 1);
  });

  test('validity ends at the moment, and never for a break-glass account', () => {
    const notAfter = '2026-01-02T12:00:00Z';
    expect(hasExpired({ ...alice, notAfter }, now - 1)).toBe(false);
    expect(hasExpired({ ...alice, notAfter }, now)).toBe(true);
    expect(hasExpired(alice, now)).toBe(false);
    const breakGlass = { ...alice, notAfter, breakGlass: true } as const;
    expect(hasExpired(breakGlass, now)).toBe(false);
    expect(nextDue([], { accounts: [breakGlass] }, now - minute)).toBeUndefined();
  });

  test('an ending is due from its moment on', () => {
    expect(endingsDue(record, now).map(({ account }) => account)).toEqual(['bob']);
    expect(endingsDue(record, now - 1)).toEqual([]);
  });

  test('the record is read back as it was written', () => {
    const endings = fc.array(
      fc.record({
        account: fc.string({ minLength: 1 }),
        uid: fc.nat(),
        at: fc.integer({ min: 0, max: 4e12 }),
      }),
    );
    const byName = (list: readonly Ending[]) => [...list].sort((a, b) => (a.account < b.account ? -1 : 1));
    const differing = fc
      .sample(endings, 300)
      .filter((list) => JSON.stringify(parseEndings(printEndings(list))) !== JSON.stringify(byName(list)));
    expect(differing).toEqual([]);
    expect(parseEndings(undefined)).toEqual([]);
  });

  test.each(['', '{', 'null', '{}', '[1, null, {"account": "x"}, {"account": "x", "uid": 1, "at": "soon"}]'])(
    'a damaged record, %j, holds nothing',
    (text) => expect(parseEndings(text)).toEqual([]),
  );
});
