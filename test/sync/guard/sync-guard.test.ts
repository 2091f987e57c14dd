import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DirectorySnapshot } from '../../../server/directory/directory.ts';
import { sampleAccount, sampleDirectory, samplePolicy } from '../../domain/sample.ts';
import { createSyncWorld, numbered, numberedId, type SyncWorld } from '../sync-world.ts';

const people = Array.from({ length: 12 }, (_, index) => `user${index}`);

/** A directory in which these people are in group `wheel` and all of `web-admins`. */
function directoryOf(names: readonly string[], wheel: readonly string[]): DirectorySnapshot {
  const group = (name: string, gid: number, members: readonly string[]) => ({
    dn: `cn=${name},dc=x`,
    name,
    gid,
    members,
  });
  return sampleDirectory({
    accounts: names.map((name, index) => sampleAccount(name, 20_100 + index)),
    groups: [group('web-admins', 30_001, names), group('wheel', 30_002, wheel)],
  });
}

describe('the guard', () => {
  let at: SyncWorld;
  beforeEach(async () => {
    at = await createSyncWorld();
    at.world.directory = directoryOf(people, people.slice(0, 3));
    await at.sync();
  });
  afterEach(async () => {
    await at.close();
  });

  test('lets a person leave', async () => {
    at.world.directory = directoryOf(people.slice(0, -1), people.slice(0, 3));
    expect(await at.sync()).toMatchObject({ state: 'succeeded', counts: { changed: 3 } });
  });

  test('stops when a directory has lost half of its people, until a person says why', async () => {
    at.world.directory = directoryOf(people.slice(0, 6), people.slice(0, 3));
    const run = await at.sync();
    expect(run).toMatchObject({ state: 'stopped-by-guard', counts: { changed: 0 } });
    expect(run.error).toContain('6 of 12 accounts would be removed, which reaches 50 %');
    expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 1 });
    const overridden = await at.sync({ overrideGuard: 'the Osaka branch was sold' });
    expect(overridden).toMatchObject({ state: 'succeeded', counts: { changed: 3 } });
    const events = await at.store.events({ limit: 1000 });
    expect(events.find(({ action }) => action === 'guard-overridden')).toMatchObject({
      actor: 'ops',
      reason: 'the Osaka branch was sold',
      details: { run: overridden.id, objections: [expect.stringContaining('6 of 12 accounts')] },
    });
  });

  test('an override is for one run', async () => {
    at.world.directory = directoryOf(people.slice(0, 6), people.slice(0, 3));
    await at.sync({ overrideGuard: 'once' });
    at.world.directory = directoryOf(people.slice(0, 3), people.slice(0, 3));
    expect(await at.sync()).toMatchObject({ state: 'stopped-by-guard' });
  });

  test('stops a regenerate-drive just so', async () => {
    at.world.directory = directoryOf(people.slice(0, 6), people.slice(0, 3));
    const run = await at.job.run({ kind: 'regenerate', request: { all: true } }, 'ops');
    expect(run).toMatchObject({ state: 'stopped-by-guard' });
  });

  test('stops when an admin group would be left without a member', async () => {
    at.world.directory = directoryOf(people, people.slice(0, 1));
    await at.sync({ overrideGuard: 'two of three admins left' });
    at.world.directory = directoryOf(people, []);
    const run = await at.sync();
    expect(run.error).toContain('admin group wheel would be left without a member');
  });

  test('stops when admin groups lose half of their members', async () => {
    at.world.directory = directoryOf(people, people.slice(0, 1));
    expect((await at.sync()).error).toContain('2 of 3 members of admin groups would be removed');
  });

  test('stops when the guests’ own admin groups, which policy fills, would lose their members', async () => {
    const access = (extraGroups: string[]) => [{ name: 'web', groups: ['web-admins'], extraGroups }];
    at.world.policy = samplePolicy({ access: access(['sudo', 'adm']) });
    await at.sync();
    at.world.policy = samplePolicy({ access: access(['sudo']) });
    expect(await at.sync()).toMatchObject({ state: 'succeeded' });
    at.world.policy = samplePolicy({ access: access([]) });
    expect((await at.sync()).error).toContain('admin group sudo would be left without a member');
  });

  test('stops a policy that takes everybody’s access away', async () => {
    at.world.policy = samplePolicy({ access: [] });
    expect((await at.sync()).error).toContain('12 of 12 accounts');
  });

  test('does not mind a machine that moves to where others have access', async () => {
    at.world.records = [1, 2, 3].map((number) => numbered(number, { project: 'db' }));
    expect(await at.sync()).toMatchObject({ state: 'succeeded', counts: { changed: 3 } });
  });

  test('a dry run shows all that would happen, and that it would be stopped', async () => {
    at.world.directory = directoryOf(people.slice(0, 6), people.slice(0, 3));
    const run = await at.sync({ dryRun: true });
    expect(run).toMatchObject({ state: 'stopped-by-guard', counts: { changed: 3 } });
    expect(run.effects).toContainEqual(
      expect.objectContaining({ action: 'remove', section: 'accounts', subject: 'user11', instances: 3 }),
    );
    expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 1 });
  });
});
