import { describe, expect, it } from 'vitest';
import {
  type CheckedAnswer,
  decideAttach,
  type LocalDrive,
  type Situation,
  type VerifiedDrive,
} from '../../../hypervisor-hook/attach/attach-decision.ts';

const day = 86_400_000;
const now = new Date('2026-03-10T12:00:00Z');

function drive(generation: number): VerifiedDrive {
  return {
    image: Buffer.alloc(0),
    sha256: String(generation).padStart(64, '0'),
    generation,
    effective: generation,
    expiredAt: undefined,
  };
}

/** The same, when it has expired. */
function expired(generation: number): VerifiedDrive {
  return { ...drive(generation), expiredAt: new Date('2026-03-09T00:00:00Z') };
}

const local: LocalDrive = { kind: 'verified', drive: drive(3) };
const unavailable: CheckedAnswer = { kind: 'unavailable', reason: 'the metadata server answered 500' };

function situation(given: Partial<Situation>): Situation {
  const record = { generation: 3, sha256: drive(3).sha256, confirmedAt: new Date(now.getTime() - 2 * day) };
  return { instance: 'I', answer: unavailable, local, record, now, lastKnownGoodMs: 7 * day, ...given };
}

describe('which drive a domain gets', () => {
  it('is the fetched one', () => {
    expect(decideAttach(situation({ answer: { kind: 'drive', drive: drive(4) } }))).toEqual({
      kind: 'attach',
      drive: drive(4),
      confirmedAt: now,
      warning: undefined,
    });
  });

  it('is the local one that the server confirms, however old', () => {
    const answer: CheckedAnswer = { kind: 'current' };
    expect(decideAttach(situation({ answer, record: undefined }))).toMatchObject({
      drive: drive(3),
      confirmedAt: now,
      warning: undefined,
    });
  });

  it.each<[string, Partial<Situation>]>([
    ['sends', { answer: { kind: 'drive', drive: expired(3) } }],
    ['confirms', { answer: { kind: 'current' }, local: { kind: 'verified', drive: expired(3) } }],
  ])('is also an expired one that the server %s, with a warning: the guest decides', (_name, given) => {
    expect(decideAttach(situation(given))).toEqual({
      kind: 'attach',
      drive: expired(3),
      confirmedAt: now,
      warning: expect.stringMatching(
        /^its drive, generation 3, expired at 2026-03-09T00:00:00.000Z, so the guest refuses it .*; sync, /,
      ),
    });
  });

  it('is the last known good one, expired or not', () => {
    expect(decideAttach(situation({ local: { kind: 'verified', drive: expired(3) } }))).toMatchObject({
      kind: 'attach',
      drive: expired(3),
      warning: expect.stringMatching(/generation 3, confirmed 2 days ago; it expired at 2026-03-09T/),
    });
  });

  it.each<[string, CheckedAnswer]>([
    ['is unavailable', unavailable],
    ['has lost the instance', { kind: 'unknown-instance' }],
  ])('is the last known good one when the server %s, which does not make it younger', (_name, answer) => {
    const decision = decideAttach(situation({ answer }));
    expect(decision).toMatchObject({
      kind: 'attach',
      drive: drive(3),
      confirmedAt: new Date(now.getTime() - 2 * day),
    });
    expect(decision).toHaveProperty('warning', expect.stringMatching(/generation 3, confirmed 2 days ago$/));
  });

  it.each<[string, Partial<Situation>, RegExp]>([
    [
      'the instance is placed elsewhere',
      { answer: { kind: 'not-placed-here' } },
      /not place instance I on this host/,
    ],
    ['there is no local drive', { local: { kind: 'absent' } }, /no drive of it was ever attached here/],
    ['nothing is known of the local drive', { record: undefined }, /no drive of it was ever attached here/],
    ['the local drive is refused', { local: { kind: 'refused', reason: 'it is cut' } }, /refused: it is cut/],
    ['the last confirmation is too old', { lastKnownGoodMs: 2 * day }, /confirmed 2 days ago, which is more/],
    ['last known good drives are not wanted', { lastKnownGoodMs: 0 }, /more than lastKnownGoodDays/],
    [
      'the server confirms what is not there',
      { answer: { kind: 'current' }, local: { kind: 'absent' } },
      /confirmed a/,
    ],
  ])('is none if %s', (_name, given, reason) => {
    expect(decideAttach(situation(given))).toEqual({
      kind: 'missing',
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(/./),
    });
  });
});
