import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../server/domain/errors.ts';
import { systemRandom } from '../../server/domain/random.ts';
import type { Store } from '../../server/store/store.ts';
import type { SyncJob } from '../../server/sync/sync-job.ts';
import { createSyncWorld, numbered, numberedId, type SyncWorld, type World } from './sync-world.ts';

let created: SyncWorld;
let store: Store;
let world: World;
let job: SyncJob;

beforeEach(async () => {
  created = await createSyncWorld();
  ({ store, world, job } = created);
});
afterEach(async () => {
  await created.close();
});

const first = numberedId(1);

async function actions(): Promise<readonly string[]> {
  return await created.actions();
}

describe('a sync', () => {
  test('makes generation 1 of every instance, each with an event by its actor', async () => {
    const run = await job.run({ kind: 'sync', request: {} }, 'token:ops');
    expect(run).toMatchObject({ state: 'succeeded', counts: { instances: 3, created: 3, unchanged: 0 } });
    const generation = await store.newestGeneration(first);
    expect(generation).toMatchObject({ number: 1, actor: 'token:ops', reason: 'sync' });
    expect(generation?.sources.length).toBeGreaterThan(10);
    expect((await actions()).filter((action) => action === 'generation-created')).toHaveLength(3);
  });

  test('does nothing when nothing changed', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(await job.run({ kind: 'sync', request: {} }, 'ops')).toMatchObject({
      counts: { unchanged: 3, changed: 0, created: 0 },
      outcomes: [],
    });
    expect(await store.generationHeaders(first)).toHaveLength(1);
  });

  test('gives the next generation to just the instances whose content changed', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    world.records = [numbered(1), numbered(2, { project: 'db' }), numbered(3)];
    const run = await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(run.counts).toMatchObject({ changed: 1, unchanged: 2 });
    expect(run.outcomes).toEqual([
      expect.objectContaining({ name: 'web-02', outcome: 'changed', generation: 2 }),
    ]);
    expect(run.outcomes[0]?.changes).toContainEqual(
      expect.objectContaining({ action: 'remove', section: 'accounts', subject: 'alice' }),
    );
  });

  test('stores a record that changed without changing the guest, and makes no generation', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    world.records = [numbered(1, { hypervisor: 'hv-02' }), numbered(2), numbered(3)];
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect((await store.instance(first))?.record.hypervisor).toBe('hv-02');
    expect(await store.generationHeaders(first)).toHaveLength(1);
    expect(await actions()).toContain('record-changed');
  });

  test('with dryRun shows what would come and writes nothing', async () => {
    const run = await job.run({ kind: 'sync', request: { dryRun: true } }, 'ops');
    expect(run).toMatchObject({ state: 'succeeded', dryRun: true, counts: { created: 3 } });
    expect(run.outcomes[0]?.changes.length).toBeGreaterThan(10);
    expect(await store.instance(first)).toBeUndefined();
    expect(await store.syncRuns(10)).toEqual([]);
    expect(await actions()).toEqual([]);
  });

  test('keeps the last good generation of a record that is refused, and goes on with the others', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    const problems = [
      {
        source: 'cmdb',
        record: 'instances.csv line 2',
        field: 'name',
        message: 'is hostile',
        remedy: 'correct it',
      },
    ];
    world.records = [numbered(2, { site: 'osaka-1' }), numbered(3)];
    world.quarantined = [{ id: first, locator: 'instances.csv line 2', problems }];
    const run = await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(run).toMatchObject({
      state: 'succeeded',
      counts: { quarantined: 1, changed: 1, removed: 0 },
      problems,
    });
    expect(await store.instance(first)).toMatchObject({ quarantine: problems, newest: 1, removedAt: null });
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect((await actions()).filter((action) => action === 'record-quarantined')).toHaveLength(1);
    world.records = [numbered(1), numbered(2, { site: 'osaka-1' }), numbered(3)];
    world.quarantined = [];
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect((await store.instance(first))?.quarantine).toEqual([]);
  });

  test('does not take an instance for removed whose record has lost its id', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    world.records = [numbered(2), numbered(3)];
    world.quarantined = [{ id: undefined, locator: 'instances.csv (web-01)', problems: [] }];
    expect((await job.run({ kind: 'sync', request: {} }, 'ops')).counts.removed).toBe(0);
  });

  test('changes nothing when a source fails, and records the failure', async () => {
    world.failure = new AppError('directory-unavailable', 'ldap: no answer in 3 s: check the server');
    const run = await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(run).toMatchObject({ state: 'failed', error: 'ldap: no answer in 3 s: check the server' });
    expect(await store.instance(first)).toBeUndefined();
    expect(await store.syncRun(run.id)).toMatchObject({ state: 'failed' });
    expect(await actions()).toEqual(['sync-failed']);
  });

  test('marks what the CMDB no longer lists as removed, and takes it back with the next generation number', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    world.records = [numbered(2), numbered(3)];
    expect((await job.run({ kind: 'sync', request: {} }, 'ops')).counts.removed).toBe(1);
    expect((await store.instance(first))?.removedAt).toBe('2026-01-02T03:04:05.000Z');
    world.records = [numbered(1, { project: 'db' }), numbered(2), numbered(3)];
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(await store.instance(first)).toMatchObject({ removedAt: null, newest: 2 });
    expect(await actions()).toEqual(expect.arrayContaining(['instance-removed', 'instance-returned']));
  });

  test('stops before removing half of all, until a named override', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    world.records = [numbered(1)];
    const stopped = await job.run({ kind: 'sync', request: {} }, 'ops');
    expect(stopped).toMatchObject({ state: 'stopped-by-guard', counts: { removed: 0 } });
    expect(stopped.error).toContain('--override-guard');
    expect((await store.instance(numberedId(2)))?.removedAt).toBeNull();
    expect(await job.run({ kind: 'sync', request: { overrideGuard: 'site closed' } }, 'ops')).toMatchObject({
      counts: { removed: 2 },
    });
    expect(await actions()).toContain('guard-overridden');
  });

  test.each([
    ['the next run', async () => void (await job.run({ kind: 'sync', request: {} }, 'ops'))],
    ['the next start of a server', async () => job.settle()],
  ])('%s closes a run that was interrupted with its server, and says so in the trail', async (_, close) => {
    world.failure = new AppError('directory-unavailable', 'ldap: down');
    const run = await job.run({ kind: 'sync', request: {} }, 'ops');
    world.failure = undefined;
    const interrupted = {
      ...run,
      id: systemRandom.uuid(),
      state: 'running' as const,
      finishedAt: null,
      error: null,
    };
    await store.transaction((transaction) => transaction.saveSyncRun(interrupted));
    await close();
    expect(await store.syncRun(interrupted.id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('the server ended while it ran'),
      finishedAt: expect.any(String),
    });
    expect((await actions()).filter((action) => action === 'sync-failed')).toHaveLength(2);
  });

  test('the start of another server leaves a run alone that is under way', async () => {
    world.meanwhile = async () => {
      world.meanwhile = async () => {};
      await job.settle();
    };
    expect(await job.run({ kind: 'sync', request: {} }, 'ops')).toMatchObject({ state: 'succeeded' });
    expect(await actions()).not.toContain('sync-failed');
  });

  test('refuses to run beside another', async () => {
    let second: unknown;
    world.meanwhile = async () => {
      world.meanwhile = async () => {};
      second = await job.run({ kind: 'sync', request: {} }, 'ops').catch((error: unknown) => error);
    };
    expect(await job.run({ kind: 'sync', request: {} }, 'ops')).toMatchObject({ state: 'succeeded' });
    expect(second).toMatchObject({ code: 'busy' });
  });

  test('gives an instance one random seed for its life', async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
    const seed = (await store.instance(first))?.randomSeed;
    expect(Buffer.from(seed ?? '', 'base64')).toHaveLength(512);
    world.records = [numbered(1, { project: 'db' }), numbered(2), numbered(3)];
    await job.run({ kind: 'sync', request: {} }, 'ops');
    expect((await store.instance(first))?.randomSeed).toBe(seed);
  });
});

describe('regenerate-drive', () => {
  beforeEach(async () => {
    await job.run({ kind: 'sync', request: {} }, 'ops');
  });

  test('takes up a change for just the instances named, by UUID or name', async () => {
    world.records = world.records.map((record) => ({ ...record, site: 'osaka-1' }));
    const run = await job.run(
      { kind: 'regenerate', request: { instances: ['web-01', numbered(2).id], reason: 'moved' } },
      'ops',
    );
    expect(run).toMatchObject({
      kind: 'regenerate',
      state: 'succeeded',
      counts: { instances: 2, changed: 2 },
    });
    expect(await store.newestGeneration(first)).toMatchObject({ number: 2, reason: 'moved' });
    expect((await store.instance(numberedId(3)))?.newest).toBe(1);
  });

  test('selects by where and all', async () => {
    world.records = world.records.map((record) => ({ ...record, site: 'osaka-1' }));
    expect(await job.run({ kind: 'regenerate', request: { where: { name: '*-03' } } }, 'ops')).toMatchObject({
      counts: { changed: 1 },
    });
    expect(await job.run({ kind: 'regenerate', request: { all: true } }, 'ops')).toMatchObject({
      counts: { changed: 2, unchanged: 1 },
    });
  });

  test('makes a new generation of the same content only by force', async () => {
    expect(await job.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops')).toMatchObject({
      counts: { unchanged: 1 },
    });
    expect(
      await job.run({ kind: 'regenerate', request: { instances: ['web-01'], force: true } }, 'ops'),
    ).toMatchObject({
      counts: { changed: 1 },
    });
    expect(await store.newestGeneration(first)).toMatchObject({ number: 2 });
  });

  test('keeps an instance that the CMDB no longer lists, and says so', async () => {
    world.records = [];
    const run = await job.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops');
    expect(run).toMatchObject({ counts: { quarantined: 1, removed: 0 } });
    expect(run.problems).toEqual([expect.objectContaining({ field: 'id' })]);
  });

  test('names an unknown instance, and the candidates of an ambiguous name', async () => {
    await expect(
      job.run({ kind: 'regenerate', request: { instances: ['nowhere'] } }, 'ops'),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
    world.records = [...world.records, numbered(4, { name: 'web-01' })];
    await job.run({ kind: 'sync', request: {} }, 'ops');
    await expect(
      job.run({ kind: 'regenerate', request: { instances: ['web-01'] } }, 'ops'),
    ).rejects.toMatchObject({
      code: 'ambiguous-instance',
      details: { candidates: [first, numbered(4).id] },
    });
  });
});
