import { describe, expect, it } from 'vitest';
import {
  type ClaimRule,
  hostAfterRecord,
  judgePlacement,
  type Placement,
  type Purpose,
} from '../../server/domain/placement.ts';

const at = (placedOn: string | null, named: string | null): Placement => ({ placedOn, named });

describe('where an instance is after the CMDB was read', () => {
  it.each<[string, Placement, string | null, string | null]>([
    ['what the CMDB says', at('a', 'a'), 'a', 'a'],
    ['what it says now', at('a', 'a'), 'b', 'b'],
    ['nowhere, if it says so now', at('a', 'a'), null, null],
    ['where it was claimed, while the CMDB says the same', at('b', 'a'), 'a', 'b'],
    ['where it was claimed, while the CMDB says nothing', at('b', null), null, 'b'],
    ['what the CMDB says, if that is newer than the claim', at('b', 'a'), 'c', 'c'],
    ['what the CMDB says, if that is newer than the claim and the same', at('b', 'a'), 'b', 'b'],
  ])('%s', (_, before, named, host) => {
    expect(hostAfterRecord(before, named)).toBe(host);
  });
});

describe('what a request of a host comes to', () => {
  const judge = (
    placement: Placement,
    purpose: Purpose,
    { granted = false, claims = 'unplaced' }: { granted?: boolean; claims?: ClaimRule } = {},
  ) => judgePlacement(placement, { host: 'h', purpose, granted }, claims);
  const refused = { kind: 'refused' };
  const claimed = { kind: 'moves', by: 'claim' };

  it.each(['fetch', 'start', 'running'] as const)('%s of its own instance is nothing new', (purpose) => {
    expect(judge(at('h', 'a'), purpose, { granted: true, claims: 'any' })).toEqual({ kind: 'here' });
  });

  it('claims by starting, as far as the rule goes', () => {
    expect(judge(at(null, null), 'start')).toEqual(claimed);
    expect(judge(at('a', null), 'start')).toEqual(claimed);
    expect(judge(at('a', 'a'), 'start')).toEqual(refused);
    expect(judge(at('a', 'a'), 'start', { claims: 'any' })).toEqual(claimed);
    expect(judge(at(null, null), 'start', { claims: 'none' })).toEqual(refused);
    expect(judge(at(null, null), 'fetch', { claims: 'any' })).toEqual(refused);
    expect(judge(at(null, null), 'running', { claims: 'any' })).toEqual(refused);
  });

  it('fetches by a grant, and moves the instance only where it runs', () => {
    const granted = { granted: true, claims: 'any' } as const;
    expect(judge(at('a', 'a'), 'fetch', granted)).toEqual({ kind: 'granted' });
    expect(judge(at('a', 'a'), 'start', granted)).toEqual({ kind: 'granted' });
    expect(judge(at('a', 'a'), 'running', granted)).toEqual({ kind: 'moves', by: 'grant' });
  });
});
