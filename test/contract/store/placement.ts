import { beforeEach, describe, expect, test } from 'vitest';
import type { InstanceId } from '../../../server/domain/identifiers.ts';
import type { FeedHead, HostChange } from '../../../server/store/ports/placement.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance, sampleReport } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** Placements, the feed of changes, heartbeats, and what becomes of removed instances. */
export function describePlacement(backend: StoreBackend): void {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await backend.database();
    store = await database.open();
    await store.transaction((transaction) => transaction.beginEpoch('0'.repeat(16)));
  });

  const save = (...instances: ReturnType<typeof sampleInstance>[]) =>
    store.transaction((transaction) => transaction.saveInstances(instances));
  const on = (number: number, hypervisor?: string) =>
    sampleInstance(number, hypervisor === undefined ? {} : { hypervisor });
  const place = (number: number, host: string) =>
    store.transaction((transaction) => transaction.place(sampleId(number), host));
  const placedOn = async (number: number) => (await store.instance(sampleId(number)))?.placedOn;
  const brief = (changes: readonly HostChange[]) =>
    changes.map(({ instance, state, generation }) => [instance, state, generation]);
  const changes = async (host: string, after?: number) => brief(await store.hostChanges(host, after));

  describe('placement', () => {
    test('is what the CMDB says, until a claim, until the CMDB says something else', async () => {
      await save(on(1, 'kvm01'), on(2));
      expect(await placedOn(1)).toBe('kvm01');
      expect(await placedOn(2)).toBeNull();
      expect(await place(2, 'kvm02')).toBeNull();
      expect(await place(1, 'kvm02')).toBe('kvm01');
      await save(on(1, 'kvm01'), on(2));
      expect(await placedOn(1)).toBe('kvm02');
      expect(await placedOn(2)).toBe('kvm02');
      await save(on(1, 'kvm03'), on(2, 'kvm04'));
      expect(await placedOn(1)).toBe('kvm03');
      expect(await placedOn(2)).toBe('kvm04');
      await save(on(2));
      expect(await placedOn(2)).toBeNull();
    });

    test('is what a selection by hypervisor asks for', async () => {
      await save(on(1, 'kvm01'), on(2));
      await place(2, 'kvm01');
      const { instances } = await store.instances({ selection: { hypervisor: 'kvm0*' }, limit: 10 });
      expect(instances.map(({ id }) => id)).toEqual([sampleId(1), sampleId(2)]);
    });

    test('of an unknown instance fails, and nothing is written', async () => {
      await expect(place(9, 'kvm01')).rejects.toMatchObject({ code: 'not-found' });
    });

    test('lists the instances of a host, removed ones not', async () => {
      await save(on(3, 'kvm01'), on(1, 'kvm01'), on(2, 'kvm02'));
      await place(2, 'kvm01');
      await store.transaction((transaction) => transaction.markRemoved(sampleId(3), noon));
      const placed = { newest: null, attached: null, applied: null, failure: null };
      expect(await store.placedInstances('kvm01')).toEqual([
        { id: sampleId(1), name: 'web-1', hypervisor: 'kvm01', ...placed },
        { id: sampleId(2), name: 'web-2', hypervisor: 'kvm02', ...placed },
      ]);
    });
  });

  describe('grants', () => {
    test('are read until they expire, replaced, and used up by the host that gets the instance', async () => {
      await save(on(1, 'kvm01'));
      const grant = { instance: sampleId(1), host: 'kvm02', grantedAt: noon, actor: 'alice', reason: '' };
      const expiresAt = '2026-01-02T12:05:00.000Z';
      await store.transaction(async (transaction) => {
        await transaction.saveGrant({ ...grant, expiresAt: noon });
        await transaction.saveGrant({ ...grant, expiresAt });
        await transaction.saveGrant({ ...grant, host: 'kvm03', expiresAt });
      });
      expect(await store.grants(sampleId(1), noon)).toEqual([
        { ...grant, expiresAt },
        { ...grant, host: 'kvm03', expiresAt },
      ]);
      expect(await store.grants(sampleId(1), expiresAt)).toEqual([]);
      await place(1, 'kvm02');
      expect(await store.grants(sampleId(1), noon)).toMatchObject([{ host: 'kvm03' }]);
      await store.transaction((transaction) => transaction.pruneFeed(noon, expiresAt));
      expect(await store.grants(sampleId(1), noon)).toEqual([]);
    });
  });

  describe('the feed of changes', () => {
    const position = (): Promise<FeedHead> => store.feedHead();

    test('tells a host of new, changed, removed and moved instances, each once', async () => {
      const start = await position();
      await save(on(1, 'kvm01'), on(2, 'kvm01'), on(3, 'kvm02'));
      await store.transaction(async (transaction) => {
        await transaction.appendGenerations([sampleGeneration(1), sampleGeneration(2)]);
      });
      expect(await changes('kvm01', start.change)).toEqual([
        [sampleId(1), 'placed', 1],
        [sampleId(2), 'placed', 1],
      ]);
      const { change } = await position();
      expect(await changes('kvm01', change)).toEqual([]);
      await store.transaction((transaction) => transaction.markRemoved(sampleId(1), noon));
      await place(2, 'kvm02');
      expect(await changes('kvm01', change)).toEqual([
        [sampleId(1), 'gone', null],
        [sampleId(2), 'gone', null],
      ]);
      expect(await changes('kvm02', change)).toEqual([[sampleId(2), 'placed', 1]]);
      expect(await changes('kvm01')).toEqual([]);
      await place(2, 'kvm01');
      expect(await changes('kvm01', change)).toEqual([
        [sampleId(1), 'gone', null],
        [sampleId(2), 'placed', 1],
      ]);
      expect(await changes('kvm02', change)).toEqual([[sampleId(2), 'gone', null]]);
    });

    test('is not moved by what changes no drive, nor by what is rolled back', async () => {
      await save(on(1, 'kvm01'));
      await store.transaction((transaction) => transaction.appendGenerations([sampleGeneration(1)]));
      const before = await position();
      await save(on(1, 'kvm01'));
      await store.transaction((transaction) => transaction.saveReport(sampleReport(1), noon, 10));
      await store.transaction((transaction) => transaction.markRemoved(sampleId(9), noon));
      const failed = store.transaction(async (transaction) => {
        await transaction.noteDriveChange([sampleId(1)]);
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await position()).toEqual(before);
    });

    test('names the hosts that have to be told, with one number a commit', async () => {
      await save(on(1, 'kvm01'), on(2, 'kvm02'), on(3));
      const { change } = await position();
      await store.transaction((transaction) => transaction.noteDriveChange([1, 2, 3].map(sampleId)));
      const told = await store.changedHosts(change);
      expect([...told].sort((left, right) => (left.host < right.host ? -1 : 1))).toEqual([
        { host: 'kvm01', change: change + 1 },
        { host: 'kvm02', change: change + 1 },
      ]);
      expect(await store.changedHosts(change + 1)).toEqual([]);
    });

    test('goes on from a position of its own only', async () => {
      await save(on(1, 'kvm01'));
      const first = await position();
      expect(await store.canContinue(first)).toBe(true);
      expect(await store.canContinue({ ...first, change: first.change + 1 })).toBe(false);
      expect(await store.canContinue({ ...first, epoch: 'f'.repeat(16) })).toBe(false);
      await store.transaction((transaction) => transaction.beginEpoch('1'.repeat(16)));
      await place(1, 'kvm02');
      const second = await position();
      expect(second).toEqual({ epoch: '1'.repeat(16), change: first.change + 1 });
      expect(await store.canContinue(first)).toBe(true);
      expect(await store.canContinue(second)).toBe(true);
      // What a restored backup has counted anew.
      expect(await store.canContinue({ ...first, change: second.change })).toBe(false);
      expect(await store.canContinue({ ...second, change: first.change - 1 })).toBe(false);
      await store.transaction((transaction) => transaction.pruneFeed('2999-01-01T00:00:00.000Z', noon));
      expect(await store.canContinue(first)).toBe(false);
      expect(await store.canContinue(second)).toBe(true);
    });

    test('who reads on after a position misses nothing, however many servers write', async () => {
      const each = 12;
      const ids = Array.from({ length: each * 2 }, (_, index) => index);
      await save(...ids.map((number) => on(number, 'kvm01')));
      const other = await database.open();
      let { change } = await position();
      const writing = Promise.all(
        ids.map((number) =>
          (number % 2 === 0 ? store : other).transaction((transaction) =>
            transaction.appendGenerations([sampleGeneration(number)]),
          ),
        ),
      );
      const seen = new Set<InstanceId>();
      while (seen.size < ids.length) {
        const head = await position();
        for (const { instance } of await store.hostChanges('kvm01', change)) seen.add(instance);
        change = head.change;
      }
      await writing;
      expect(await changes('kvm01', (await position()).change)).toEqual([]);
    });

    test('two servers that move one instance at once leave it on one host, and tell the others', async () => {
      await save(on(1, 'kvm00'));
      const other = await database.open();
      const { change } = await position();
      const hosts = Array.from({ length: 8 }, (_, index) => `kvm0${index + 1}`);
      await Promise.all(
        hosts.map((host, index) =>
          (index % 2 === 0 ? store : other).transaction((transaction) =>
            transaction.place(sampleId(1), host),
          ),
        ),
      );
      const has = await placedOn(1);
      for (const host of ['kvm00', ...hosts])
        expect(await changes(host, change)).toEqual([[sampleId(1), host === has ? 'placed' : 'gone', null]]);
    });
  });

  describe('heartbeats', () => {
    const beat = {
      version: '1.2.3',
      adapter: 'libvirt',
      machines: { known: 3, running: 2 },
      pending: 1,
      spooled: 0,
    } as const;

    test('replace each other and count as being heard of', async () => {
      const later = '2026-01-02T12:01:00.000Z';
      await save(on(1, 'kvm03'));
      await store.transaction(async (transaction) => {
        await transaction.seeHypervisor('kvm01', noon);
      });
      await store.transaction((transaction) =>
        transaction.saveHeartbeats(new Map(['kvm02', 'kvm01'].map((host) => [host, { at: later, beat }]))),
      );
      await store.transaction((transaction) =>
        transaction.saveHeartbeats(new Map([['kvm02', { at: later, beat: { ...beat, pending: 7 } }]])),
      );
      expect(await store.hypervisor('kvm01')).toEqual({
        host: 'kvm01',
        firstSeenAt: noon,
        lastSeenAt: later,
        heartbeatAt: later,
        instances: 0,
        heartbeat: beat,
      });
      expect(await store.hypervisor('kvm02')).toMatchObject({
        firstSeenAt: later,
        heartbeat: { pending: 7 },
      });
      expect(await store.hypervisor('kvm03')).toMatchObject({ instances: 1, heartbeat: null });
      expect(await store.hypervisor('kvm04')).toBeUndefined();
      expect(await store.hypervisors()).toMatchObject([
        { host: 'kvm01', heartbeatAt: later },
        { host: 'kvm02', heartbeatAt: later },
        { host: 'kvm03', heartbeatAt: null },
      ]);
    });
  });

  describe('purging', () => {
    const purge = (before: string, limit = 100) =>
      store.transaction((transaction) => transaction.purgeRemoved(before, noon, limit));

    test('deletes of what was removed before, once, the longest ago first, no more than asked for', async () => {
      const userData = 'I2Nsb3VkLWNvbmZpZwo=';
      await save(...[1, 2, 3, 4].map((number) => sampleInstance(number, { userData })));
      await store.transaction(async (transaction) => {
        await transaction.appendGenerations([sampleGeneration(1)]);
        await transaction.saveReport(sampleReport(1), noon, 10);
        for (const [number, day] of [
          [1, 3],
          [2, 1],
          [3, 8],
        ] as const)
          await transaction.markRemoved(sampleId(number), `2026-01-0${day}T00:00:00.000Z`);
      });
      const before = '2026-01-05T00:00:00.000Z';
      expect(await purge(before, 1)).toEqual([
        { id: sampleId(2), name: 'web-2', removedAt: '2026-01-01T00:00:00.000Z' },
      ]);
      expect(await purge(before)).toMatchObject([{ id: sampleId(1) }]);
      expect(await purge(before)).toEqual([]);
      const { userData: _, ...record } = sampleInstance(1, { userData }).record;
      expect(await store.instance(sampleId(1))).toMatchObject({ randomSeed: '', purgedAt: noon, newest: 1 });
      expect((await store.instance(sampleId(1)))?.record).toEqual(record);
      expect(await store.reports(sampleId(1), 10)).toEqual([]);
      expect(await store.generation(sampleId(1), 1)).toBeDefined();
      expect(await store.instance(sampleId(3))).toMatchObject({ purgedAt: null, record: { userData } });
      expect(await store.purgedAmong([1, 2, 3, 4, 9].map(sampleId))).toEqual([sampleId(1), sampleId(2)]);
    });

    test('an instance that comes back has the seed it is saved with, and the next number', async () => {
      await save(sampleInstance(1));
      await store.transaction(async (transaction) => {
        await transaction.appendGenerations([sampleGeneration(1)]);
        await transaction.markRemoved(sampleId(1), noon);
      });
      await purge('2026-02-01T00:00:00.000Z');
      expect(await store.knownInstances()).toMatchObject([{ newest: 1, contentSha256: '', fingerprint: '' }]);
      await save({ ...sampleInstance(1), randomSeed: 'another' });
      await save({ ...sampleInstance(1), randomSeed: 'a third' });
      expect(await store.instance(sampleId(1))).toMatchObject({ randomSeed: 'another', purgedAt: null });
      await store.transaction(async (transaction) => {
        expect(await transaction.appendGenerations([sampleGeneration(1)])).toEqual([2]);
      });
    });
  });
}
