import { type Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { contentHash } from '../../../server/domain/content-hash.ts';
import { packJson } from '../../../server/store/kysely/encoding/packed-json.ts';
import { initialState } from '../../../server/store/migrations/0001-initial-state.ts';
import type { Migration } from '../../../server/store/migrations/migration.ts';
import type { NewGeneration } from '../../../server/store/store.ts';
import { startChild, untilLine } from './child.ts';
import { sampleGeneration, sampleGuest, sampleId, sampleInstance, sampleReport, stored } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

const old = 'ef'.repeat(32);
const text = 'a\0\ud800';

/** More than are converted at a time, some alike, some with hostile text. */
const generations: readonly NewGeneration[] = Array.from({ length: 450 }, (_, index) => {
  const instance = (index % 2) + 1;
  // The drives of the second expire.
  const days = instance === 2 ? { driveDays: 30 } : {};
  const guest = { ...sampleGuest(instance), ...days, extra: { z: index, a: text } };
  const scripts = [{ name: 's', content: `${text} ${index % 7}` }];
  return sampleGeneration(instance, { guest, scripts, reason: `${index}`, contentSha256: old });
});

/** The first schema with rows as the store wrote them then. */
const filledInitialState: Migration = {
  name: initialState.name,
  async up(db, types) {
    await initialState.up(db, types);
    for (const number of [1, 2, 3]) await insertInstance(db, number);
    const newest = new Map<string, number>();
    for (const { instance, createdAt, actor, reason, contentSha256, composition } of generations) {
      const number = (newest.get(instance) ?? 0) + 1;
      newest.set(instance, number);
      const { guest, scripts, sources } = composition;
      await sql`insert into generations (instance, number, created_at, actor, reason, content_sha256, content)
        values (${instance}, ${number}, ${createdAt}, ${actor}, ${reason}, ${contentSha256},
          ${packJson({ guest, scripts, sources })})`.execute(db);
      await sql`update instances set newest = ${number}, newest_content_sha256 = ${contentSha256}
        where id = ${instance}`.execute(db);
    }
    await sql`insert into instance_tags (instance, tag) values (${sampleId(1)}, 'blue')`.execute(db);
    await sql`insert into reports (instance, number, received_at, body)
      values (${sampleId(1)}, 1, 'then', ${packJson(sampleReport(1))})`.execute(db);
  },
};

async function insertInstance(db: Kysely<unknown>, number: number): Promise<void> {
  const { id, record, inventory, locator, randomSeed, seenAt } = sampleInstance(number, { site: 'tokyo' });
  await sql`insert into instances (id, name, site, os_family, inventory, locator, first_seen_at, reports,
      quarantine, random_seed, record)
    values (${id}, ${record.name}, 'tokyo', ${record.osFamily}, ${inventory}, ${locator}, ${seenAt}, 1,
      '[]', ${randomSeed}, ${JSON.stringify(record)})`.execute(db);
}

/** A database that the first version wrote becomes one of today, with everything that was in it. */
export function describeFromInitialState(backend: StoreBackend): void {
  describe('a database of migration 0001', () => {
    const filled = async (): Promise<TestDatabase> => {
      const database = await backend.database({ empty: true });
      await (await database.open({ history: [filledInitialState] })).close();
      return database;
    };

    test('keeps every generation whole, with the content hash that a sync gives it now', async () => {
      const store = await (await filled()).open();
      const numbers = new Map<string, number>();
      for (const generation of generations) {
        const number = (numbers.get(generation.instance) ?? 0) + 1;
        numbers.set(generation.instance, number);
        const contentSha256 = contentHash(generation.composition);
        const read = await store.generation(generation.instance, number);
        expect(JSON.stringify(read?.guest)).toBe(JSON.stringify(generation.composition.guest));
        expect(read).toEqual(stored({ ...generation, contentSha256 }, number));
      }
      const last = generations.at(-1)?.composition;
      expect((await store.knownInstances()).slice(1)).toMatchObject([
        {
          id: sampleId(2),
          newest: 225,
          contentSha256: last && contentHash(last),
          identity: last?.parts.identity.key,
          sudo: last?.parts.sudo.key,
          fingerprint: '',
          renewAt: '2026-01-17T12:00:00.000Z',
        },
        { id: sampleId(3), newest: null, contentSha256: null, identity: null, sudo: null, renewAt: null },
      ]);
    });

    test('keeps its instances, and goes on from their numbers', async () => {
      const store = await (await filled()).open();
      const { randomSeed, record } = sampleInstance(1, { site: 'tokyo' });
      expect(await store.instance(sampleId(1))).toMatchObject({ randomSeed, record, newest: 225 });
      const { instances } = await store.instances({ selection: { tag: 'blue', site: 'tokyo' }, limit: 10 });
      expect(instances.map(({ id }) => id)).toEqual([sampleId(1)]);
      expect(await store.reports(sampleId(1), 10)).toEqual([sampleReport(1)]);
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([{ ...sampleInstance(1), randomSeed: 'another' }]);
        expect(await transaction.appendGenerations([sampleGeneration(1)])).toEqual([226]);
      });
      expect(await store.instance(sampleId(1))).toMatchObject({ randomSeed, newest: 226 });
    });

    test('is brought up to date once by servers that start at once', async () => {
      const database = await filled();
      const children = Array.from({ length: 3 }, () => startChild('migrate', database.forChild));
      await Promise.all(children.map((child) => untilLine(child, 'ready')));
      for (const child of children) child.stdin.write('go\n');
      const results = await Promise.all(children);
      expect(results.map(({ all }) => all)).toEqual(children.map(() => 'ready\nmigrated'));
      const store = await database.open();
      expect(await store.generationHeaders(sampleId(1))).toHaveLength(225);
      expect(await store.newestGeneration(sampleId(1))).toMatchObject({ number: 225, scripts: [{}] });
    });
  });
}
