import { describe, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { exampleGuest } from '../example-guest.ts';
import { plan, type TestedPlan } from './identity-plan.ts';

const end = Date.UTC(2026, 0, 2, 12);
const minute = 60_000;
const at = (now: number) => ({ now });
const liveOf = ({ result }: TestedPlan) => result.resources[1]?.live;
const killed = [{ kind: 'end-sessions', uid: 5001, account: 'alice' }];

/** The example, alice being valid until noon. */
function untilNoon(changes: Partial<GuestConfiguration> = {}): GuestConfiguration {
  const guest = exampleGuest(changes);
  return {
    ...guest,
    accounts: guest.accounts.map((account) =>
      account.name === 'alice' ? { ...account, notAfter: '2026-01-02T12:00:00Z' } : account,
    ),
  };
}
function without(changes: Partial<GuestConfiguration> = {}): GuestConfiguration {
  const guest = exampleGuest(changes);
  return { ...guest, accounts: guest.accounts.slice(1) };
}

describe('end of validity', () => {
  test('at the millisecond it is as if policy did not give the account, and given longer it comes back', () => {
    const files = {
      ...plan(exampleGuest()).after(),
      '/usr/sbin/visudo': '',
      '/etc/sudoers': '@includedir /etc/sudoers.d\n',
    };
    const before = plan(untilNoon(), plan(exampleGuest()).owns, files, at(end - 1));
    expect(before.text('/etc/shadow')).toMatch(/^alice:\*:20455:0:99999:7::20456:$/m);
    expect(before.text('/etc/sudoers.d/ubugi')).toMatch(/^alice ALL/m);
    const after = plan(untilNoon(), before.owns, before.after(), at(end));
    const revoked = plan(
      without({ sudo: { rules: exampleGuest().sudo.rules.slice(1) } }),
      before.owns,
      before.after(),
      at(end),
    );
    for (const path of ['/etc/passwd', '/etc/shadow', '/etc/gshadow', '/etc/sudoers.d/ubugi']) {
      expect(after.steps).toContain(path);
      expect(`${path}\n${after.text(path)}`).toBe(`${path}\n${revoked.text(path)}`);
    }
    expect(after.text('/etc/group')).toContain('adm:x:4:local\n');
    expect(after.text('/etc/group')).toContain('operators:x:6001:bob\n');
    expect(liveOf(after)).toEqual(killed);
    expect(after.owns.accounts[1]).toMatchObject({ name: 'alice', state: 'revoked' });
    const again = plan(untilNoon(), after.owns, after.after(), at(end + minute));
    expect(again.steps).toEqual([]);
    const longer = plan(exampleGuest(), after.owns, after.after(), at(end + minute));
    expect(longer.text('/etc/shadow')).toMatch(/^alice:\*:20455:0:99999:7:::$/m);
    expect(longer.text('/etc/passwd')).toMatch(/^alice:.*:\/bin\/bash$/m);
    expect(liveOf(longer)).toEqual([]);
  });

  test('an account that has expired before it ever was here is not made', () => {
    const { text, owns, problems } = plan(untilNoon(), undefined, undefined, at(end));
    expect(text('/etc/passwd')).not.toMatch(/^alice:/m);
    expect(text('/etc/group')).toContain('operators:x:6001:bob\n');
    expect(owns.accounts.map(({ name }) => name)).toEqual(['bob']);
    expect(problems).toEqual([]);
  });
});

describe('sessions of who is out', () => {
  const first = plan(exampleGuest());
  const leave = (sessions: GuestConfiguration['sessions'], now: number, from: TestedPlan = first) =>
    plan(without(sessions === undefined ? {} : { sessions }), from.owns, from.after(), at(now));

  test('end at once, at every run', () => {
    const out = leave(undefined, end);
    expect(liveOf(out)).toEqual(killed);
    expect(liveOf(leave(undefined, end + minute, out))).toEqual(killed);
    expect(out.steps).not.toContain('/var/lib/ubugi/ending.json');
  });

  test('end after some minutes, counted from when they got out', () => {
    const sessions = { endAfterMinutes: 10 };
    const out = leave(sessions, end);
    expect(liveOf(out)).toEqual([]);
    expect(out.text('/var/lib/ubugi/ending.json')).toBe(
      '[\n  {"account":"alice","uid":5001,"at":"2026-01-02T12:10:00.000Z"}\n]\n',
    );
    expect(out.result.resources[1]?.changes).toContainEqual({
      action: 'update',
      target: 'sessions of alice',
      detail: 'end at 2026-01-02T12:10:00.000Z',
    });
    const later = leave(sessions, end + 9 * minute, out);
    expect([liveOf(later), later.steps]).toEqual([[], []]);
    const due = leave(sessions, end + 10 * minute, out);
    expect([liveOf(due), due.steps]).toEqual([killed, []]);
    expect(liveOf(leave({ endAfterMinutes: 2 }, end + 3 * minute, out))).toEqual([]);
    expect(
      liveOf(
        leave({ endAfterMinutes: 2 }, end + 5 * minute, leave({ endAfterMinutes: 2 }, end + 3 * minute, out)),
      ),
    ).toEqual(killed);
    expect(liveOf(leave(undefined, end + minute, out))).toEqual(killed);
    expect(leave(undefined, end + minute, out).after()).not.toHaveProperty(['/var/lib/ubugi/ending.json']);
    const back = plan(exampleGuest({ sessions }), out.owns, out.after(), at(end + minute));
    expect(back.after()).not.toHaveProperty(['/var/lib/ubugi/ending.json']);
  });

  test('end after some minutes from the end of validity, however late the agent sees it', () => {
    const guest = untilNoon({ sessions: { endAfterMinutes: 10 } });
    const out = plan(guest, first.owns, first.after(), at(end + 4 * minute));
    expect(out.text('/var/lib/ubugi/ending.json')).toContain('2026-01-02T12:10:00.000Z');
    expect(liveOf(plan(guest, first.owns, first.after(), at(end + 60 * minute)))).toEqual(killed);
  });

  test('never, when policy keeps them', () => {
    const out = leave({ keep: true }, end);
    expect(liveOf(out)).toEqual([]);
    expect(out.steps).not.toContain('/var/lib/ubugi/ending.json');
  });

  test('a clock that was far ahead does not keep anybody in', () => {
    const out = leave({ endAfterMinutes: 10 }, end + 1e9 * minute);
    const now = leave({ endAfterMinutes: 10 }, end, out);
    expect(now.text('/var/lib/ubugi/ending.json')).toContain('2026-01-02T12:10:00.000Z');
  });
});

test('services that systemd starts without a login go, and every membership does', () => {
  const first = plan(exampleGuest());
  const linger = '/var/lib/systemd/linger';
  const { after } = first;
  const group = (after()['/etc/group'] as { readonly text: string }).text;
  const files = {
    ...after(),
    [`${linger}/alice`]: '',
    [`${linger}/bob`]: '',
    '/etc/group': `${group}docker:x:998:local,alice\n`,
  };
  const out = plan(without(), first.owns, files);
  expect(out.after()).not.toHaveProperty([`${linger}/alice`]);
  expect(out.after()).toHaveProperty([`${linger}/bob`]);
  expect(out.text('/etc/group')).toContain('docker:x:998:local\n');
});
