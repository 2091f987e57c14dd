import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../server/domain/errors.ts';
import type { Store } from '../../server/store/store.ts';
import { type Death, dyingStore } from '../rollouts/dying-store.ts';
import { createRolloutWorld, type RolloutWorld } from '../rollouts/rollout-world.ts';
import { numberedId } from '../sync/sync-world.ts';
import { postgresBackend, sqliteBackend } from './store/backends.ts';

const child = fileURLToPath(new URL('../rollouts/children/advance-and-hang.ts', import.meta.url));
const machines = [1, 2, 3, 4];

describe.each([sqliteBackend(), postgresBackend()])('rollouts on $name', (backend) => {
  const worlds: RolloutWorld[] = [];
  beforeAll(() => backend.start());
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
    await backend.closeStores();
  });
  afterAll(() => backend.stop());

  const worldOn = async (store: Store, filled: boolean): Promise<RolloutWorld> => {
    const world = await createRolloutWorld(4, { store, filled });
    worlds.push(world);
    world.setMotd(filled ? 'two\n' : 'one\n');
    return world;
  };

  /** A rollout that is about to start, canary of two. */
  const begun = async (store: Store): Promise<{ readonly world: RolloutWorld; readonly id: string }> => {
    const world = await worldOn(store, false);
    world.setMotd('two\n');
    const { id } = await world.rollouts.create({ all: true, canary: 2 }, 'ops');
    return { world, id };
  };

  /** Whatever happened before: the canary is changed once, and then the others are. */
  const goesOn = async ({ world, id }: { readonly world: RolloutWorld; readonly id: string }) => {
    await world.advance();
    const newest = async () => {
      const found = await Promise.all(machines.map((number) => world.store.instance(numberedId(number))));
      return found.map((instance) => instance?.newest);
    };
    expect(await newest()).toEqual([2, 2, 1, 1]);
    expect(await world.view(id)).toMatchObject({ counts: { 'under-way': 2, waiting: 2 } });
    await world.sync();
    expect(await newest()).toEqual([2, 2, 1, 1]);
    await world.report([1, 2], 'applied');
    await world.advance();
    await world.report([3, 4], 'applied');
    await world.advance();
    expect(await newest()).toEqual([2, 2, 2, 2]);
    expect(await world.view(id)).toMatchObject({ state: 'finished', counts: { applied: 4 } });
    expect(await world.store.holds()).toEqual(new Map());
  };

  test('go on where a server ended, wherever that was', async () => {
    const dead = (): Promise<never> => Promise.reject(new AppError('storage-failed', 'the server has ended'));
    let deaths = 0;
    for (let nth = 1; ; nth++) {
      let reached = false;
      for (const when of ['before', 'after'] satisfies Death[]) {
        const store = await (await backend.database()).open();
        const rollout = await begun(store);
        const dying = dyingStore(store, nth, when, () => {
          reached = true;
          return dead();
        });
        await (await worldOn(dying, true)).advance();
        if (reached) deaths += 1;
        await goesOn(rollout);
      }
      if (!reached) break;
    }
    expect(deaths).toBeGreaterThan(8);
  });

  test('go on after kill -9 of a server that had committed a part and held the locks', async () => {
    // The stage is noted, the run is recorded, the canary is committed: killed there.
    for (const commits of [2, 3]) {
      const database = await backend.database();
      const rollout = await begun(await database.open());
      const killed = execa(process.execPath, [child, database.forChild, String(commits)], {
        reject: false,
        timeout: 60_000,
      });
      killed.stdout.once('data', () => killed.kill('SIGKILL'));
      expect(await killed).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      await goesOn(rollout);
    }
  });

  test('two servers that look at the same moment change each machine once', async () => {
    const database = await backend.database();
    const rollout = await begun(await database.open());
    const other = await worldOn(await database.open(), true);
    await Promise.all([rollout.world.advance(), other.advance(), other.advance()]);
    expect(await other.view(rollout.id)).toMatchObject({ state: 'running', stage: { number: 1 } });
    await goesOn(rollout);
  });
});
