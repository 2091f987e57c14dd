import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../server/domain/errors.ts';
import { createSyncWorld, numbered, numberedId, type SyncWorld } from './sync-world.ts';

let at: SyncWorld;
beforeEach(async () => {
  at = await createSyncWorld();
  await at.sync();
  at.world.asked.length = 0;
  at.world.records = [...at.world.records, numbered(4), numbered(5)];
});
afterEach(async () => {
  await at.close();
});

const soon = AbortSignal.timeout(60_000);

test('an instance that the sync has not seen is looked up by UUID, recorded and dressed', async () => {
  const found = await at.job.discover(numberedId(4).toUpperCase(), 'hypervisor:hv-1', soon);
  expect(found).toMatchObject({ id: numberedId(4), newest: 1, inventory: 'cmdb' });
  expect(await at.store.newestGeneration(numberedId(4))).toMatchObject({
    actor: 'hypervisor:hv-1',
    guest: { hostname: { name: 'web-04' }, accounts: [{ name: 'alice' }] },
  });
  expect(at.world.asked).toEqual([`ids ${numberedId(4)}`]);
  const events = await at.store.events({ instance: numberedId(4), limit: 10 });
  expect(events.map(({ action }) => action)).toEqual(['instance-discovered', 'generation-created']);
});

test('and by name', async () => {
  expect(await at.job.discover('web-05', 'op', soon)).toMatchObject({ id: numberedId(5), newest: 1 });
  expect(at.world.asked).toEqual(['name web-05']);
});

test('callers that ask at once share the work', async () => {
  const found = await Promise.all([1, 2, 3].map(() => at.job.discover(numberedId(4), 'op', soon)));
  expect(found.map((instance) => instance?.newest)).toEqual([1, 1, 1]);
  expect(at.world.asked).toHaveLength(1);
});

test('what the CMDB does not have is not asked for again at once, but soon after', async () => {
  const unknown = '00000000-0000-4000-8000-00000000ffff';
  expect(await at.job.discover(unknown, 'op', soon)).toBeUndefined();
  expect(await at.job.discover(unknown, 'op', soon)).toBeUndefined();
  expect(at.world.asked).toHaveLength(1);
  at.world.now = new Date(at.world.now.getTime() + 6_000);
  expect(await at.job.discover(unknown, 'op', soon)).toBeUndefined();
  expect(at.world.asked).toHaveLength(2);
});

test('a name that several have is refused, with the candidates', async () => {
  at.world.records = [...at.world.records, numbered(6, { name: 'web-05' })];
  await expect(at.job.discover('web-05', 'op', soon)).rejects.toMatchObject({
    code: 'ambiguous-instance',
    details: { candidates: [numberedId(5), numberedId(6)] },
  });
});

test('a sync that has read the CMDB before makes no second generation of the same', async () => {
  at.world.meanwhile = async () => {
    at.world.meanwhile = async () => {};
    await at.job.discover(numberedId(4), 'op', soon);
  };
  expect(await at.sync()).toMatchObject({ state: 'succeeded' });
  expect(await at.store.instance(numberedId(4))).toMatchObject({ newest: 1 });
  expect(await at.store.instance(numberedId(5))).toMatchObject({ newest: 1 });
});

test('one that was removed and has come back returns, with the generation that it had', async () => {
  const records = at.world.records;
  at.world.records = records.slice(1);
  expect(await at.sync({ overrideGuard: 'it is gone' })).toMatchObject({ state: 'succeeded' });
  at.world.records = records;
  expect(await at.job.discover(numberedId(1), 'op', soon)).toMatchObject({ newest: 1, removedAt: null });
  const events = await at.store.events({ action: 'instance-returned', limit: 10 });
  expect(events).toMatchObject([{ actor: 'op', instance: numberedId(1) }]);
});

test('an instance that is known is given as it is', async () => {
  expect(await at.job.discover('web-01', 'op', soon)).toMatchObject({ newest: 1 });
  expect(await at.store.generationHeaders(numberedId(1))).toHaveLength(1);
});

test('a directory that is needed and away is an error, and nothing is recorded', async () => {
  at.world.now = new Date(at.world.now.getTime() + 3_600_000);
  at.world.failure = new AppError('directory-unavailable', 'ldap: down');
  await expect(at.job.discover(numberedId(4), 'op', soon)).rejects.toMatchObject({
    code: 'directory-unavailable',
  });
  expect(await at.store.instance(numberedId(4))).toBeUndefined();
});
