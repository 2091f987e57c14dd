import { describe, expect, it, test } from 'vitest';
import { currentDrive } from '../../../server/domain/current-drive.ts';
import { ended, type Replay } from '../../../server/domain/replay/replay.ts';
import { replayAfter } from '../../../server/domain/replay/replay-progress.ts';
import { replayedGuest } from '../../../server/domain/replay/replayed-guest.ts';
import { sampleGuest, sampleReport } from '../../contract/store/samples.ts';
import { sampleKey } from '../sample.ts';

const underWay: Replay = {
  generation: 2,
  actor: 'token:ops',
  reason: 'lost',
  startedAt: '2026-01-02T12:00:00.000Z',
  until: '2026-01-03T12:00:00.000Z',
  attachedAt: null,
  endedAt: null,
  outcome: null,
};
const attached: Replay = { ...underWay, attachedAt: '2026-01-02T12:10:00.000Z' };
const early = '2026-01-02T11:00:00Z';
const late = '2026-01-02T12:20:00Z';
const received = '2026-01-02T12:21:00.000Z';

describe('what a host gets', () => {
  const now = new Date('2026-01-03T00:00:00Z');
  it.each([
    ['nothing before the first generation', { newest: null }, undefined],
    ['the newest', { newest: 7 }, { kind: 'newest', generation: 7 }],
    [
      'the replay that is under way',
      { newest: 7, replay: underWay },
      { kind: 'replay', generation: 2, supersedes: 7 },
    ],
    [
      'the newest when it has ended',
      { newest: 7, replay: ended(underWay, 'applied', received) },
      { kind: 'newest', generation: 7 },
    ],
    [
      'the newest when its time is over, whoever noticed',
      { newest: 7, replay: { ...underWay, until: now.toISOString() } },
      { kind: 'newest', generation: 7 },
    ],
  ])('is %s', (_name, state, drive) => {
    expect(currentDrive(state, now)).toEqual(drive);
  });
});

describe('a replay', () => {
  const guest = (generation: number, startedAt: string, outcome: 'applied' | 'failed' = 'applied') =>
    sampleReport(1, { generation, startedAt, outcome });
  const host = (generation: number, startedAt: string) =>
    sampleReport(1, { generation, startedAt, origin: 'hypervisor', outcome: 'attached' });

  it.each([
    ['its generation, applied', underWay, guest(2, late)],
    ['its generation, applied by a guest whose clock is wrong', attached, guest(2, '1970-01-01T00:00:10Z')],
    ['a newer one after it was attached', attached, guest(5, late, 'failed')],
  ])('is over with a report of %s', (_name, replay, report) => {
    expect(replayAfter(replay, report, received)).toEqual(ended(replay, 'applied', received));
  });

  it.each([
    ['its generation, applied before it began', underWay, guest(2, early)],
    ['its generation, failed', attached, guest(2, late, 'failed')],
    ['a newer one that the lost machine sent', attached, guest(5, early)],
    ['a newer one before anything was attached', underWay, guest(5, late)],
    ['an older one', attached, guest(1, late)],
    ['another drive attached', underWay, host(5, late)],
    ['its drive attached before it began', underWay, host(2, early)],
    ['anything when it has ended', ended(attached, 'expired', received), guest(2, late)],
  ])('stays as it is with a report of %s', (_name, replay, report) => {
    expect(replayAfter(replay, report, received)).toBe(replay);
  });

  it('notes when its drive was attached first', () => {
    expect(replayAfter(underWay, host(2, late), received)).toEqual({ ...underWay, attachedAt: received });
    expect(replayAfter(attached, host(2, late), received)).toBe(attached);
  });
});

test('a replayed guest is who it was, with the rights and the handling of today', () => {
  const account = (name: string, uid: number) => ({
    name,
    uid,
    gid: uid,
    gecos: '',
    home: `/home/${name}`,
    shell: '/bin/sh',
    keys: [sampleKey],
  });
  const file = (path: string, owner: string, content = 'old') => ({
    path,
    mode: '0644',
    owner,
    group: owner,
    content,
  });
  const old = {
    ...sampleGuest(1),
    driveDays: 1,
    accounts: [account('alice', 1001), account('bob', 1002)],
    groups: [{ name: 'alice', gid: 1001, members: [] }],
    files: [
      file('/etc/alice', 'alice'),
      file('/etc/bob', 'bob'),
      file('/etc/ssh/sshd_config.d/20-x.conf', 'root'),
      file('/home/bob/.ssh/authorized_keys', 'bob'),
      file('/etc/old', 'postgres'),
    ],
  };
  const newest = {
    ...sampleGuest(1),
    hostname: { name: 'other' },
    sessions: { keep: true as const },
    accounts: [account('bob', 1002)],
    sudo: { rules: [] },
    files: [file('/etc/ssh/sshd_config.d/20-x.conf', 'root', 'new'), file('/etc/new', 'root')],
  };
  const { accounts, groups, sudo, sessions } = newest;
  const { driveDays: _days, ...identity } = old;
  expect(replayedGuest(old, newest)).toEqual({
    ...identity,
    accounts,
    groups,
    sudo,
    sessions,
    files: [
      { ...file('/etc/alice', 'root') },
      { ...file('/etc/bob', 'bob') },
      { ...file('/etc/old', 'postgres') },
      file('/etc/ssh/sshd_config.d/20-x.conf', 'root', 'new'),
    ],
  });
});
