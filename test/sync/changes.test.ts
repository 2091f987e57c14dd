import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../server/domain/errors.ts';
import { sampleAccount, sampleDirectory } from '../domain/sample.ts';
import { createSyncWorld, entryOf, numbered, numberedId, type SyncWorld } from './sync-world.ts';

/** Runs after the first, in which the CMDB tells what changed. */
describe('a sync of what changed', () => {
  let at: SyncWorld;
  let told: { records: ReturnType<typeof numbered>[]; removed: string[]; cursor: string };

  beforeEach(async () => {
    at = await createSyncWorld();
    told = { records: [], removed: [], cursor: 'later' };
    at.world.changes = (cursor) => ({
      entries: told.records.map((record) => entryOf(at.world, record)),
      quarantined: [],
      removed: told.removed,
      cursor: cursor === 'lost' ? '' : told.cursor,
    });
    await at.sync();
    at.world.asked.length = 0;
  });
  afterEach(async () => {
    await at.close();
  });

  test('composes nothing where neither CMDB nor directory nor policy changed', async () => {
    expect(await at.sync()).toMatchObject({
      reading: 'changes',
      counts: { instances: 3, changed: 0, unchanged: 3 },
    });
    expect(at.world.asked).toEqual(['since start']);
  });

  test('goes on from where the last one ended, and only if that one was committed', async () => {
    await at.sync({ dryRun: true });
    at.world.failure = new AppError('directory-unavailable', 'ldap: down');
    expect(await at.sync()).toMatchObject({ state: 'failed' });
    at.world.failure = undefined;
    await at.sync();
    await at.sync();
    expect(at.world.asked).toEqual(['since start', 'since start', 'since start', 'since later']);
  });

  test('still says what is wrong with directory and policy, until one of them changes', async () => {
    const { directory } = at.world;
    const gone = { ...directory, groups: directory.groups.filter(({ name }) => name !== 'web-admins') };
    at.world.directory = gone;
    const found = (await at.sync({ overrideGuard: 'reorganised' })).problems;
    expect(found).toEqual([expect.objectContaining({ message: expect.stringContaining('web-admins') })]);
    expect((await at.sync()).problems).toEqual(found);
    at.world.directory = directory;
    expect((await at.sync()).problems).toEqual([]);
  });

  test('makes new generations of the records told, and of no others', async () => {
    told.records = [numbered(2, { site: 'osaka-1' })];
    const run = await at.sync();
    expect(run).toMatchObject({ counts: { instances: 3, changed: 1, unchanged: 2 } });
    expect(await at.store.instance(numberedId(2))).toMatchObject({ newest: 2 });
    expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 1 });
  });

  test('takes out the records that are gone, and no others', async () => {
    told.removed = ['instances.csv (web-03)', 'instances.csv (never-seen)'];
    expect(await at.sync()).toMatchObject({ counts: { removed: 1 } });
    expect((await at.store.instance(numberedId(3)))?.removedAt).not.toBeNull();
    expect((await at.store.instance(numberedId(1)))?.removedAt).toBeNull();
  });

  test('a record that was deleted and made anew is not taken out', async () => {
    told.records = [numbered(3)];
    told.removed = ['instances.csv (web-03)'];
    expect(await at.sync()).toMatchObject({ counts: { removed: 0 } });
  });

  test('composes every stored record again when the directory changed', async () => {
    const directory = sampleDirectory();
    at.world.directory = {
      ...directory,
      accounts: directory.accounts.map((account) =>
        account.name === 'alice' ? sampleAccount('alice', 20001, { shell: '/bin/zsh' }) : account,
      ),
    };
    const run = await at.sync();
    expect(run).toMatchObject({ reading: 'changes', counts: { instances: 3, changed: 3 } });
    expect(run.effects).toContainEqual(
      expect.objectContaining({ action: 'change', section: 'accounts', subject: 'alice', instances: 3 }),
    );
    expect(await at.sync()).toMatchObject({ counts: { changed: 0, unchanged: 3 } });
  });

  test('composes every stored record again after regenerate-drive took up a new policy for one', async () => {
    at.world.policy = {
      ...at.world.policy,
      version: 'next',
      policy: { ...at.world.policy.policy, files: [] },
    };
    await at.job.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops');
    expect(await at.sync()).toMatchObject({ counts: { instances: 3, changed: 2, unchanged: 1 } });
  });

  test('takes back what regenerate-drive gave under a policy that was taken back', async () => {
    const { policy } = at.world;
    at.world.policy = { ...policy, version: 'next', policy: { ...policy.policy, files: [] } };
    await at.job.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops');
    at.world.policy = policy;
    expect(await at.sync({ full: true })).toMatchObject({ counts: { changed: 1, unchanged: 2 } });
    expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 3 });
  });

  test('leaves an instance in quarantine with its last good generation', async () => {
    const problems = [{ source: 'cmdb', record: 'x', field: 'name', message: 'is wrong', remedy: 'mend it' }];
    at.world.changes = () => ({
      entries: [],
      quarantined: [{ id: numberedId(2), locator: 'instances.csv (web-02)', problems }],
      removed: [],
      cursor: 'later',
    });
    await at.sync();
    at.world.changes = () => ({ entries: [], quarantined: [], removed: [], cursor: 'later' });
    at.world.policy = { ...at.world.policy, version: 'x', policy: { ...at.world.policy.policy, files: [] } };
    expect(await at.sync()).toMatchObject({ counts: { changed: 2 }, problems });
    expect(await at.store.instance(numberedId(2))).toMatchObject({ newest: 1, quarantine: problems });
  });

  test('is whole with --full, and where the CMDB cannot tell', async () => {
    expect(await at.sync({ full: true })).toMatchObject({ reading: 'whole' });
    at.world.changes = () => undefined;
    expect(await at.sync()).toMatchObject({ reading: 'whole', counts: { unchanged: 3 } });
    expect(at.world.asked).toEqual(['all', 'since start', 'all']);
  });

  test('notes in the trail who changed the record', async () => {
    at.world.changers = new Map([['web-02', { by: 'carol', at: '2026-01-02T00:00:00Z' }]]);
    told.records = [numbered(2, { hypervisor: 'hv-9' })];
    await at.sync();
    const events = await at.store.events({ instance: numberedId(2), limit: 100 });
    expect(events.at(-1)).toMatchObject({
      action: 'record-changed',
      details: { recordChange: { by: 'carol', at: '2026-01-02T00:00:00Z' } },
    });
  });
});
