import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../server/domain/errors.ts';
import { numbered, numberedId } from '../sync/sync-world.ts';
import { createRolloutWorld, type RolloutWorld } from './rollout-world.ts';

let at: RolloutWorld;

beforeEach(async () => {
  at = await createRolloutWorld(6);
});
afterEach(async () => {
  await at.close();
});

/** What the machines have, one word each. */
async function motds(): Promise<string> {
  const texts: string[] = [];
  for (let number = 1; number <= 6; number++) texts.push((await at.motd(number)) ?? '-');
  return texts.join('').trim().replaceAll('\n', ' ');
}

describe('a rollout', () => {
  test('changes the canary, then batch by batch as the machines report, and ends', async () => {
    at.setMotd('two\n');
    const { id, state, stage } = await at.begin({ canary: 1, batch: 3 });
    expect({ state, stage }).toMatchObject({ state: 'running', stage: { number: 1, of: 3 } });
    expect(await motds()).toBe('two one one one one one');
    await at.advance();
    expect(await motds()).toBe('two one one one one one');
    await at.report([1], 'applied');
    await at.advance();
    expect(await motds()).toBe('two two two two one one');
    await at.report([2, 3], 'applied');
    await at.advance();
    expect(await motds()).toBe('two two two two one one');
    await at.report([4], 'applied');
    await at.advance();
    expect(await motds()).toBe('two two two two two two');
    await at.report([5, 6], 'applied');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'finished', counts: { total: 6, applied: 6 } });
    expect(await at.store.holds()).toEqual(new Map());
    expect(await at.actions()).toEqual(expect.arrayContaining(['rollout-started', 'rollout-finished']));
  });

  test('keeps the files of what waits through every sync, while rights follow at once', async () => {
    at.setMotd('two\n');
    await at.begin({ canary: 1 });
    const { directory } = at.world;
    at.world.directory = {
      ...directory,
      accounts: directory.accounts.map((account) =>
        account.name === 'alice' ? { ...account, keys: [] } : account,
      ),
    };
    at.world.records = at.world.records.map((record) => ({ ...record, hostname: `${record.name}-new` }));
    const run = await at.sync();
    expect(run).toMatchObject({ state: 'succeeded', counts: { changed: 6, held: 5 } });
    expect(run.outcomes.find(({ name }) => name === 'web-02')).toMatchObject({
      held: { by: 'rollout', generation: 1 },
    });
    expect(await motds()).toBe('two one one one one one');
    const waits = await at.store.newestGeneration(numberedId(2));
    const today = await at.store.newestGeneration(numberedId(1));
    expect(waits?.guest.hostname.name).toBe('web-02');
    expect(today?.guest.hostname.name).toBe('web-01-new');
    for (const generation of [waits, today]) {
      expect(generation?.guest.accounts.find(({ name }) => name === 'alice')?.keys).toEqual([]);
    }
    expect(waits?.sources.find(({ section }) => section === 'hostname')?.value).toBe('web-02');
    expect(await at.sync()).toMatchObject({ counts: { changed: 0, unchanged: 6 } });
  });

  test('a first failure in the canary halts it, and resuming accepts that', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 2 });
    await at.report([1], 'failed', { reason: 'no space left' });
    await at.advance();
    expect(await at.view(id)).toMatchObject({
      state: 'halted',
      halt: { reason: '1 machine of the canary failed' },
    });
    expect(await motds()).toBe('two two one one one one');
    await at.report([2], 'applied');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'halted', counts: { failed: 1, applied: 1 } });
    await at.rollouts.resume(id, { actor: 'ops' });
    await at.advance();
    expect(await motds()).toBe('two two two two two two');
  });

  test('halts beyond the bound after the canary', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1, batch: 2, haltAfter: '40%' });
    await at.report([1], 'applied');
    await at.advance();
    await at.report([2], 'failed');
    await at.report([3], 'applied');
    await at.advance();
    await at.report([4], 'failed');
    await at.report([5], 'applied');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'running', stage: { number: 4 } });
    await at.report([6], 'failed');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'halted', counts: { failed: 3 } });
  });

  test('never waits for ever: who is off is skipped, who is silent counts as failed', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ batch: 3, haltAfter: '50%', batchTimeoutSeconds: 60 });
    await at.report([1], 'applied');
    await at.report([2], 'attached', { origin: 'hypervisor' });
    at.pass(59);
    await at.advance();
    expect(await at.view(id)).toMatchObject({ counts: { 'under-way': 2, applied: 1 } });
    at.pass(2);
    await at.advance();
    const { instances } = await at.store.rolloutInstances({ rollout: id, stage: 1, limit: 10 });
    expect(instances.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'web-01 applied',
      'web-02 silent',
      'web-03 skipped',
    ]);
    expect(instances[2]?.reason).toContain('gets it at its next boot');
    expect(await at.view(id)).toMatchObject({ stage: { number: 2 } });
  });

  test('a canary of which none can be heard halts', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1, batchTimeoutSeconds: 60 });
    at.pass(61);
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'halted' });
    expect((await at.view(id)).halt?.reason).toContain('skipped');
    await at.rollouts.resume(id, { actor: 'ops' });
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'running', stage: { number: 2 } });
  });

  test('a revocation that comes while one waits counts with all that it brings', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1 });
    at.world.directory = { ...at.world.directory, accounts: at.world.directory.accounts.slice(1) };
    await at.sync({ overrideGuard: 'alice left' });
    expect(await at.store.instance(numberedId(1))).toMatchObject({ newest: 3 });
    await at.report([1], 'applied');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ stage: { number: 2 }, counts: { applied: 1 } });
  });

  test('an instance that is removed midway is skipped, changed or not', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1, batch: 1 });
    at.world.records = at.world.records.filter(({ name }) => name !== 'web-01');
    await at.sync();
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'halted', counts: { skipped: 1 } });
    at.world.records = at.world.records.filter(({ name }) => name !== 'web-02');
    await at.sync();
    await at.rollouts.resume(id, { actor: 'ops' });
    await at.advance();
    expect(await at.view(id)).toMatchObject({
      state: 'running',
      stage: { number: 3 },
      counts: { skipped: 2 },
    });
  });

  test('a report that arrives twice changes nothing', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1 });
    await at.report([1, 1], 'applied');
    await Promise.all([at.advance(), at.advance()]);
    await at.report([1], 'applied');
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'running', counts: { applied: 1, 'under-way': 5 } });
  });

  test('where nothing changes it ends at once', async () => {
    const rollout = await at.begin({ canary: 1, batch: 2 });
    expect(rollout).toMatchObject({ state: 'finished', counts: { unchanged: 6 } });
    expect(await at.store.holds()).toEqual(new Map());
  });

  test('two at once do not share an instance', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1 });
    await expect(at.rollouts.create({ instances: ['web-03'], batch: 1 }, 'ops')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(id),
    });
    await expect(at.rollouts.resume(id, { actor: 'ops' })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a source that is away is waited for, then halts it', async () => {
    at.setMotd('two\n');
    at.world.failure = new AppError('directory-unavailable', 'ldap is away');
    const { id } = await at.begin({ canary: 1, batchTimeoutSeconds: 60 });
    expect(await at.view(id)).toMatchObject({ state: 'running', problem: { error: 'ldap is away' } });
    at.pass(61);
    await at.advance();
    expect(await at.view(id)).toMatchObject({ state: 'halted', counts: { waiting: 6 } });
    at.world.failure = undefined;
    await at.rollouts.resume(id, { actor: 'ops' });
    await at.advance();
    expect(await motds()).toBe('two one one one one one');
  });
});

describe('ending a rollout', () => {
  test('cancelled, the next sync brings what waited', async () => {
    await at.sync();
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 1 });
    await at.sync();
    expect(await at.rollouts.cancel(id, { actor: 'ops' })).toMatchObject({
      state: 'cancelled',
      counts: { released: 5, 'under-way': 1 },
    });
    expect(await motds()).toBe('two one one one one one');
    await at.sync();
    expect(await motds()).toBe('two two two two two two');
  });

  test('rolled back, all of it stays as it was until a plain regenerate', async () => {
    at.setMotd('two\n');
    const { id } = await at.begin({ canary: 2 });
    await at.report([1], 'failed');
    await at.advance();
    const { finished } = await at.rollouts.rollback(id, { actor: 'ops', reason: 'it breaks' });
    expect(await finished).toMatchObject({ state: 'succeeded', counts: { changed: 2 } });
    expect(await at.view(id)).toMatchObject({ state: 'rolled-back', counts: { released: 4 } });
    expect(await motds()).toBe('one one one one one one');
    await at.sync();
    expect(await motds()).toBe('one one one one one one');
    expect(await at.store.instance(numberedId(1))).toMatchObject({
      newest: 3,
      hold: { by: 'rollback', generation: 1, actor: 'ops', reason: 'it breaks', rollout: id },
    });
    await at.job.run({ kind: 'regenerate', request: { instances: ['web-01', 'web-05'] } }, 'ops');
    expect(await motds()).toBe('two one one one two one');
    expect((await at.store.holds()).size).toBe(4);
  });
});

describe('going back to a generation', () => {
  test('takes files and own part of it, rights of today, and holds them', async () => {
    at.setMotd('two\n');
    at.world.records = at.world.records.map((record) => ({ ...record, site: 'tokyo-1', hostname: 'h2' }));
    await at.sync();
    at.world.directory = { ...at.world.directory, accounts: at.world.directory.accounts.slice(1) };
    await at.sync({ overrideGuard: 'alice left' });
    const request = { instances: ['web-01'], to: 1, reason: 'two is broken' };
    const trial = await at.job.run({ kind: 'regenerate', request: { ...request, dryRun: true } }, 'ops');
    expect(trial.outcomes[0]).toMatchObject({ outcome: 'changed', held: { generation: 1 } });
    expect(trial.outcomes[0]?.changes.map(({ section }) => section)).toEqual([
      'hostname',
      'hostname',
      'files',
    ]);
    expect(await at.store.holds()).toEqual(new Map());
    await at.job.run({ kind: 'regenerate', request }, 'ops');
    const newest = await at.store.newestGeneration(numberedId(1));
    expect(newest).toMatchObject({ number: 4, reason: 'two is broken' });
    expect(newest?.guest.hostname.name).toBe('web-01');
    expect(newest?.guest.accounts.map(({ name }) => name)).not.toContain('alice');
    expect(await motds()).toBe('one two two two two two');
    await at.sync({ full: true });
    expect(await motds()).toBe('one two two two two two');
  });

  test('fails where there is no such generation, naming the instance', async () => {
    const request = { instances: ['web-02'], to: 2 };
    await expect(at.job.start({ kind: 'regenerate', request }, 'ops')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('web-02'),
    });
  });

  test('a new machine beside them is not held', async () => {
    await at.job.run({ kind: 'regenerate', request: { all: true, to: 1 } }, 'ops');
    at.setMotd('two\n');
    at.world.records = [...at.world.records, numbered(7)];
    await at.sync();
    expect(await at.motd(7)).toBe('two\n');
    expect(await motds()).toBe('one one one one one one');
  });
});
