import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordProblem } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../../server/domain/identifiers.ts';
import type { InstanceSelection, Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance, sampleRecord } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

const later = '2026-01-03T00:00:00.000Z';
const problem: RecordProblem = {
  source: 'cmdb',
  record: 'line 3',
  field: 'name',
  message: 'holds a newline',
  remedy: 'remove it',
};

/** Instances: saving, quarantine, removal, listing and selecting. */
export function describeInstances(backend: StoreBackend): void {
  describe('instances', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
    });

    const save = (...instances: ReadonlyArray<ReturnType<typeof sampleInstance>>) =>
      store.transaction((transaction) => transaction.saveInstances(instances));

    const listed = async (
      selection: InstanceSelection,
      query: { readonly includeRemoved?: boolean } = {},
    ): Promise<readonly string[]> => {
      const { instances } = await store.instances({ selection, limit: 100, ...query });
      return instances.map(({ record }) => record.name);
    };

    test('an unknown one is undefined', async () => {
      expect(await store.instance(sampleId(1))).toBeUndefined();
      expect(await store.instancesNamed('web-1')).toEqual([]);
      expect(await store.instances({ limit: 10 })).toEqual({ instances: [], next: null });
    });

    test('comes back as it was saved', async () => {
      await save({ ...sampleInstance(1, { tags: ['b', 'a'], userData: 'I2Nsb3Vk' }), quarantine: [problem] });
      expect(await store.instance(sampleId(1))).toEqual({
        id: sampleId(1),
        record: sampleRecord(1, { tags: ['b', 'a'], userData: 'I2Nsb3Vk' }),
        inventory: 'cmdb',
        locator: 'instances.csv line 1',
        randomSeed: sampleInstance(1).randomSeed,
        firstSeenAt: noon,
        removedAt: null,
        purgedAt: null,
        placedOn: null,
        newest: null,
        newestContentSha256: null,
        attached: null,
        applied: null,
        failure: null,
        hold: null,
        quarantine: [problem],
      });
    });

    test('saved again keeps random seed and first time, takes the rest and is no longer removed', async () => {
      await save(sampleInstance(1, { tags: ['old', 'kept'] }));
      await store.transaction((transaction) => transaction.markRemoved(sampleId(1), later));
      await save({
        ...sampleInstance(1, { name: 'renamed', tags: ['kept', 'new'] }),
        inventory: 'other',
        locator: 'line 9',
        randomSeed: 'another',
        seenAt: later,
      });
      expect(await store.instance(sampleId(1))).toMatchObject({
        record: { name: 'renamed' },
        inventory: 'other',
        locator: 'line 9',
        randomSeed: sampleInstance(1).randomSeed,
        firstSeenAt: noon,
        removedAt: null,
      });
      expect(await listed({ tag: 'old' })).toEqual([]);
      expect(await listed({ tag: 'kept' })).toEqual(['renamed']);
      expect(await listed({ tag: 'new' })).toEqual(['renamed']);
      expect(await store.instancesNamed('web-1')).toEqual([]);
    });

    test('one saved twice at once is saved as it came last, and keeps its first random seed', async () => {
      await save(sampleInstance(1, { tags: ['first'] }), {
        ...sampleInstance(1, { name: 'last', tags: ['last'] }),
        randomSeed: 'another',
        seenAt: later,
      });
      expect(await store.instance(sampleId(1))).toMatchObject({
        record: { name: 'last' },
        randomSeed: sampleInstance(1).randomSeed,
        firstSeenAt: noon,
      });
      expect(await listed({ tag: 'first' })).toEqual([]);
      await save();
    });

    test('origins of fields come back in their order, and are replaced', async () => {
      const origins = new Map([
        ['owner', { inventory: 'servicenow', locator: 'cmdb_ci/1' }],
        ['name', { inventory: 'netbox', locator: 'virtual-machines/\0\ud800' }],
      ]);
      await save({ ...sampleInstance(1), origins }, { ...sampleInstance(2), origins: new Map() });
      const read = await store.instance(sampleId(1));
      expect([...(read?.origins ?? [])]).toEqual([...origins]);
      expect(await store.instance(sampleId(2))).not.toHaveProperty('origins');
      await save(sampleInstance(1));
      expect(await store.instance(sampleId(1))).not.toHaveProperty('origins');
    });

    test('in a transaction it tells the hash of the newest content', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(1)]);
        await transaction.appendGenerations([sampleGeneration(1)]);
        const { newest, newestContentSha256 } = (await transaction.instance(sampleId(1))) ?? {};
        expect([newest, newestContentSha256]).toEqual([1, sampleGeneration(1).contentSha256]);
      });
    });

    test('a transaction reads its own writes', async () => {
      await store.transaction(async (transaction) => {
        expect(await transaction.instance(sampleId(1))).toBeUndefined();
        await transaction.saveInstances([sampleInstance(1)]);
        expect(await transaction.instance(sampleId(1))).toMatchObject({ id: sampleId(1) });
        expect(await store.instance(sampleId(1))).toBeUndefined();
      });
    });

    test('quarantine is set and cleared without touching the record', async () => {
      await save(sampleInstance(1));
      await store.transaction((transaction) => transaction.setQuarantine(sampleId(1), [problem]));
      expect(await store.instance(sampleId(1))).toMatchObject({
        quarantine: [problem],
        record: sampleRecord(1),
      });
      await store.transaction((transaction) => transaction.setQuarantine(sampleId(1), []));
      expect(await store.instance(sampleId(1))).toMatchObject({ quarantine: [] });
    });

    test('a removed one is listed only when asked for, and keeps the time of its first removal', async () => {
      await save(sampleInstance(1), sampleInstance(2));
      await store.transaction((transaction) => transaction.markRemoved(sampleId(1), noon));
      await store.transaction((transaction) => transaction.markRemoved(sampleId(1), later));
      expect(await listed({})).toEqual(['web-2']);
      expect(await listed({}, { includeRemoved: true })).toEqual(['web-1', 'web-2']);
      expect(await store.instance(sampleId(1))).toMatchObject({ removedAt: noon });
      expect(await store.instancesNamed('web-1')).toHaveLength(1);
    });

    test('names are compared exactly and may be shared', async () => {
      await save(
        sampleInstance(2, { name: 'Web' }),
        sampleInstance(1, { name: 'Web' }),
        sampleInstance(3, { name: 'web' }),
      );
      const found = await store.instancesNamed('Web');
      expect(found.map(({ id }) => id)).toEqual([sampleId(1), sampleId(2)]);
    });

    test('pages go by id and end with null', async () => {
      const numbers = [5, 3, 1, 4, 2];
      await save(...numbers.map((number) => sampleInstance(number)));
      const pages: InstanceId[][] = [];
      let after: InstanceId | undefined;
      do {
        const page = await store.instances({ after, limit: 2 });
        pages.push(page.instances.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(pages).toEqual([[sampleId(1), sampleId(2)], [sampleId(3), sampleId(4)], [sampleId(5)]]);
      expect((await store.instances({ limit: 5 })).next).toBeNull();
    });

    test.each<[InstanceSelection, readonly string[]]>([
      [{}, ['one', 'two', 'three']],
      [{ name: 'two' }, ['two']],
      [{ name: 't*' }, ['two', 'three']],
      [{ name: '*e' }, ['one', 'three']],
      [{ name: '*h*e*' }, ['three']],
      [{ name: '*' }, ['one', 'two', 'three']],
      [{ name: 'T*' }, []],
      [{ project: 'shop' }, ['one', 'two']],
      [{ project: '*' }, ['one', 'two']],
      [{ site: 'tokyo-*', owner: 'alice' }, ['one']],
      [{ osFamily: 'rhel' }, ['two']],
      [{ hypervisor: 'kvm0?' }, []],
      [{ hypervisor: 'kvm0*' }, ['one', 'two']],
      [{ tag: 'blue' }, ['one', 'two']],
      [{ tag: 'bl*' }, ['one', 'two', 'three']],
      [{ tag: 'b*e', name: 'o*' }, ['one']],
      [{ tag: 'a*z' }, []],
      [{ name: '' }, []],
    ])('selection %j gives %j', async (selection, names) => {
      await save(
        sampleInstance(1, {
          name: 'one',
          project: 'shop',
          site: 'tokyo-1',
          owner: 'alice',
          hypervisor: 'kvm01',
          tags: ['alpha', 'blue'],
        }),
        sampleInstance(2, {
          name: 'two',
          project: 'shop',
          site: 'tokyo-2',
          owner: 'bob',
          hypervisor: 'kvm02',
          osFamily: 'rhel',
          tags: ['blue', 'blank', 'xyz'],
        }),
        sampleInstance(3, { name: 'three', tags: ['black'] }),
      );
      expect(await listed(selection)).toEqual(names);
    });

    test.each(['%', '_', '\\', '?', '[a]', '[', ']', "'", '"', '--', '(', '!', '^', '/'])(
      '%s in a value stands for itself, with and without an asterisk',
      async (special) => {
        const name = `a${special}b`;
        await save(
          sampleInstance(1, { name }),
          sampleInstance(2, { name: 'axb' }),
          sampleInstance(3, { name: 'ab' }),
        );
        expect(await listed({ name })).toEqual([name]);
        expect(await listed({ name: `${name}*` })).toEqual([name]);
        expect(await listed({ name: `*${special}*` })).toEqual([name]);
      },
    );

    test('hypervisors are those heard of and those with instances', async () => {
      await save(
        sampleInstance(1, { hypervisor: 'kvm02' }),
        sampleInstance(2, { hypervisor: 'kvm02' }),
        sampleInstance(3, { hypervisor: 'kvm03' }),
        sampleInstance(4),
      );
      await store.transaction(async (transaction) => {
        await transaction.seeHypervisor('kvm01', noon);
        await transaction.seeHypervisor('kvm02', noon);
        await transaction.markRemoved(sampleId(3), later);
      });
      await store.transaction((transaction) => transaction.seeHypervisor('kvm02', later));
      await save(sampleInstance(5, { hypervisor: 'kvm00' }));
      expect(await store.hypervisors()).toEqual([
        { host: 'kvm00', firstSeenAt: null, lastSeenAt: null, heartbeatAt: null, instances: 1 },
        { host: 'kvm01', firstSeenAt: noon, lastSeenAt: noon, heartbeatAt: null, instances: 0 },
        { host: 'kvm02', firstSeenAt: noon, lastSeenAt: later, heartbeatAt: null, instances: 2 },
      ]);
    });
  });
}
