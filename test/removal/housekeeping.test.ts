import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostChanges } from '../../schemas/types/api.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import type { DriveBuilder } from '../../server/drive/drive-builder.ts';
import { createHousekeeping, type Housekeeping } from '../../server/removal/housekeeping.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from '../http/api-server.ts';

const day = 86_400;
const removed = web01.id as InstanceId;
const withUserData = { ...web01, userData: Buffer.from('#cloud-config\n').toString('base64') };

let server: ApiServer;
let housekeeping: Housekeeping;
beforeEach(async () => {
  server = await startApiServer([withUserData, web02]);
  const { store, driveBuilder, clock, log } = server.ports;
  const drives = driveBuilder as DriveBuilder;
  housekeeping = createHousekeeping({ store, drives, clock, log }, { graceDays: 7, everyMs: 3_600_000 });
  await server.local('GET', `/v1/instances/${web01.id}/drive`);
  await server.local('GET', `/v1/instances/${web02.id}/drive`);
  const body = sampleReport(web01.id);
  await server.local('POST', `/v1/instances/${web01.id}/reports`, { body });
});
afterEach(() => server.close());

async function sync(records: readonly (typeof web01)[]): Promise<void> {
  server.records = records;
  await server.local('POST', '/v1/sync', { body: { overrideGuard: 'a test' } });
}
const cached = async () =>
  (await readdir(join(server.folder, 'cache')))
    .filter((name) => name.endsWith('.iso'))
    .map((name) => name.slice(0, 36));

describe('an instance that was removed', () => {
  it('keeps what it has for the grace time', async () => {
    const before = await server.ports.store.instance(removed);
    await sync([web02]);
    server.advance(6 * day);
    await housekeeping.work();
    expect(await server.ports.store.instance(removed)).toMatchObject({
      randomSeed: before?.randomSeed,
      purgedAt: null,
    });
    await sync([withUserData, web02]);
    expect((await server.local('GET', `/v1/instances/${web01.id}/drive`)).status).toBe(200);
  });

  it('loses drives, secrets and reports after it, and keeps generations and events', async () => {
    await sync([web02]);
    server.advance(8 * day);
    expect((await cached()).toSorted()).toEqual([web01.id, web02.id].toSorted());
    await housekeeping.work();
    expect(await cached()).toEqual([web02.id]);
    const { store } = server.ports;
    const purged = await store.instance(removed);
    expect(purged).toMatchObject({ randomSeed: '', purgedAt: server.now().toISOString(), newest: 1 });
    expect(purged?.record).toEqual(web01);
    expect(await store.reports(removed, 10)).toEqual([]);
    expect(await store.generationHeaders(removed)).toHaveLength(1);
    const events = await store.events({ instance: removed, limit: 100 });
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['generation-created', 'report-received', 'instance-purged']),
    );
    const drive = await server.local('GET', `/v1/instances/${web01.id}/drive?generation=1`);
    expect(drive.status).toBe(404);
    expect(JSON.stringify(drive.json)).toContain('were deleted');
    await housekeeping.work();
    expect(await store.events({ action: 'instance-purged', limit: 100 })).toHaveLength(1);
  });

  it('goes on with its numbers, and a new seed, when it comes back', async () => {
    const { store } = server.ports;
    const before = await store.instance(removed);
    await sync([web02]);
    server.advance(8 * day);
    await housekeeping.work();
    await sync([withUserData, web02]);
    const back = await store.instance(removed);
    expect(back).toMatchObject({ purgedAt: null, removedAt: null, newest: 2, record: withUserData });
    expect(back?.randomSeed).toHaveLength(before?.randomSeed.length ?? 0);
    expect(back?.randomSeed).not.toBe(before?.randomSeed);
    expect((await server.local('GET', `/v1/instances/${web01.id}/drive`)).status).toBe(200);
  });

  it('is gone for a host that asks after it, and everything is told to one that asks too late', async () => {
    const path = '/v1/hypervisors/hv-01/changes';
    const { cursor } = (await server.local('GET', path)).json as HostChanges;
    await sync([{ ...web01, hypervisor: 'hv-02' }, web02]);
    const gone = { complete: false, instances: [{ instance: web01.id, state: 'gone' }] };
    expect((await server.local('GET', `${path}?after=${cursor}`)).json).toMatchObject(gone);
    server.advance(29 * day);
    await housekeeping.work();
    expect((await server.local('GET', `${path}?after=${cursor}`)).json).toMatchObject(gone);
    server.advance(400 * day);
    await housekeeping.work();
    const told = (await server.local('GET', `${path}?after=${cursor}`)).json;
    expect(told).toMatchObject({ complete: true, instances: [] });
  });
});

describe('housekeeping', () => {
  it('comes again after it failed, and stops', async () => {
    const { store, log } = server.ports;
    let calls = 0;
    const again = createHousekeeping(
      {
        store: {
          ...store,
          exclusively: async () => {
            calls += 1;
            throw new Error('the database does not answer');
          },
        },
        drives: { cachedInstances: () => [], forget: () => Promise.resolve() },
        clock: server.ports.clock,
        log,
      },
      { graceDays: 7, everyMs: 1 },
    );
    again.start();
    await expect.poll(() => calls).toBeGreaterThan(2);
    await again.stop();
    expect(server.logText()).toContain('housekeeping failed');
  });
});
