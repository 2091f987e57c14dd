import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { driveExpiry } from '../../server/domain/drive-validity.ts';
import { sampleDirectory, samplePolicy } from '../domain/sample.ts';
import { createSyncWorld, entryOf, numbered, numberedId, type SyncWorld } from './sync-world.ts';

/** Generations whose drives expire by policy while nothing else changes. */
describe('a sync with drives that expire', () => {
  let at: SyncWorld;
  const days = 30;
  /** The second and the third of three instances: the first has drives for ever. */
  const limited = [numberedId(2), numberedId(3)];

  function pass(count: number): void {
    at.world.now = new Date(at.world.now.getTime() + count * 86_400_000);
  }

  async function newest(): Promise<readonly (number | null | undefined)[]> {
    const numbers = [1, 2, 3].map(async (number) => (await at.store.instance(numberedId(number)))?.newest);
    return await Promise.all(numbers);
  }

  beforeEach(async () => {
    at = await createSyncWorld();
    const { policy } = samplePolicy();
    at.world.policy = {
      ...samplePolicy(),
      version: 'with days',
      policy: {
        ...policy,
        guests: [{ name: 'short', match: { name: ['web-02', 'web-03'] }, driveDays: days }],
      },
    };
    await at.sync();
  });
  afterEach(async () => {
    await at.close();
  });

  test('renews nothing before half of their days are over', async () => {
    pass(days / 2 - 1);
    expect(await at.sync()).toMatchObject({ counts: { changed: 0, unchanged: 3 } });
  });

  test('gives them a generation of the same content after two thirds, once, and says why', async () => {
    pass((days * 2) / 3);
    const run = await at.sync();
    expect(run).toMatchObject({ state: 'succeeded', counts: { changed: 2, unchanged: 1 }, effects: [] });
    expect(await newest()).toEqual([1, 2, 2]);
    for (const id of limited) {
      const [second, first] = await at.store.generationHeaders(id);
      expect(second?.contentSha256).toBe(first?.contentSha256);
      expect(second?.reason).toBe('sync: renewed before its drive expires');
      const [event] = await at.store
        .events({ instance: id, after: 0, limit: 100, action: 'generation-created' })
        .then((events) => events.slice(-1));
      expect(event).toMatchObject({
        reason: 'sync: renewed before its drive expires',
        details: { generation: 2, renewed: true, changes: [], changeCount: 0 },
      });
      const generation = await at.store.newestGeneration(id);
      expect(driveExpiry(generation?.guest ?? {}, generation?.createdAt ?? '')).toBe(
        new Date(at.world.now.getTime() + days * 86_400_000).toISOString(),
      );
    }
    expect(await at.sync()).toMatchObject({ counts: { changed: 0, unchanged: 3 } });
  });

  test('renews what the CMDB does not speak of when it tells only what changed', async () => {
    at.world.changes = (cursor) => ({ entries: [], quarantined: [], removed: [], cursor });
    await at.sync();
    pass((days * 2) / 3);
    at.world.asked.length = 0;
    expect(await at.sync()).toMatchObject({ reading: 'changes', counts: { changed: 2, unchanged: 1 } });
    expect(at.world.asked).toEqual(['since start']);
    expect(await newest()).toEqual([1, 2, 2]);
  });

  test('leaves alone what is gone, and what is told is wrong', async () => {
    at.world.changes = (cursor) => ({ entries: [], quarantined: [], removed: [], cursor });
    await at.sync();
    pass((days * 2) / 3);
    at.world.changes = (cursor) => ({
      entries: [],
      quarantined: [{ id: numberedId(2), locator: entryOf(at.world, numbered(2)).locator, problems: [] }],
      removed: [entryOf(at.world, numbered(3)).locator],
      cursor,
    });
    await at.sync();
    expect(await newest()).toEqual([1, 1, 1]);
  });

  test('a change counts as a change, and begins the days anew', async () => {
    pass((days * 2) / 3);
    const { accounts, ...rest } = sampleDirectory();
    at.world.directory = {
      ...rest,
      accounts: accounts.map((account) => ({ ...account, shell: '/bin/zsh' })),
    };
    await at.sync();
    expect((await at.store.newestGeneration(numberedId(2)))?.reason).toBe('sync');
    pass(days / 2 - 1);
    expect(await at.sync()).toMatchObject({ counts: { changed: 0 } });
  });

  test('a rule taken back ends it', async () => {
    at.world.policy = samplePolicy();
    await at.sync();
    pass(10 * days);
    expect(await at.sync()).toMatchObject({ counts: { changed: 0, unchanged: 3 } });
  });

  test('regenerate-drive renews those that it names', async () => {
    pass((days * 2) / 3);
    await at.job.run({ kind: 'regenerate', request: { instances: ['web-01', 'web-03'] } }, 'ops');
    expect(await newest()).toEqual([1, 1, 2]);
  });

  test('a trial of a policy does not speak of renewals', async () => {
    pass((days * 2) / 3);
    at.world.trial = at.world.policy;
    const run = await at.job.run({ kind: 'policy-trial', request: { files: [] } }, 'ops');
    expect(run.counts).toMatchObject({ changed: 0, unchanged: 3 });
  });
});
