import { afterEach, beforeEach, expect, test } from 'vitest';
import { samplePolicy } from '../domain/sample.ts';
import { createSyncWorld, numberedId, type SyncWorld } from './sync-world.ts';

let at: SyncWorld;
beforeEach(async () => {
  at = await createSyncWorld();
  await at.sync();
  at.world.asked.length = 0;
});
afterEach(async () => {
  await at.close();
});

const request = { files: [{ name: 'policy.yaml', content: 'access: []' }] };

test('shows who would gain and who would lose what, over all instances, and changes nothing', async () => {
  at.world.trial = samplePolicy({
    access: [{ name: 'web team', match: { name: ['web-01', 'web-02'] }, groups: ['db-admins'] }],
  });
  const before = (await at.store.events({ limit: 1000 })).length;
  const run = await at.job.run({ kind: 'policy-trial', request }, 'ops');
  expect(run).toMatchObject({ kind: 'policy-trial', dryRun: true, state: 'succeeded', reading: 'none' });
  expect(run.counts).toMatchObject({ instances: 3, changed: 3 });
  const effect = (action: string, subject: string) =>
    run.effects.find((one) => one.section === 'accounts' && one.action === action && one.subject === subject);
  expect(effect('add', 'bob')).toMatchObject({ instances: 2, examples: ['web-01', 'web-02'] });
  expect(effect('remove', 'alice')).toMatchObject({ instances: 3 });
  expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 1 });
  expect(await at.store.events({ limit: 1000 })).toHaveLength(before);
  expect(await at.store.syncRun(run.id)).toBeUndefined();
  expect(at.job.live(run.id)).toMatchObject({ id: run.id, state: 'succeeded' });
  expect(at.world.asked).toEqual([]);
});

test('shows nothing where nothing would change, and what is wrong where nobody would be left', async () => {
  expect(await at.job.run({ kind: 'policy-trial', request }, 'ops')).toMatchObject({
    counts: { changed: 0, unchanged: 3 },
    effects: [],
  });
});
