import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InstanceDetail } from '../../../schemas/types/api.ts';
import { exampleInstances } from '../../harness/example-server.ts';
import { type ServedSite, serveSite } from '../../harness/served-site.ts';
import { createFakeMachines } from '../../harness/watch/fake-machines.ts';
import { createWatchedHost, type WatchedHost } from '../../harness/watch/watched-host.ts';

const patience = { timeout: 40_000, interval: 50 };
const { web01 } = exampleInstances;

describe('ubugi-hypervisor watch and the real server', () => {
  let site: ServedSite;
  let host: WatchedHost;

  beforeAll(async () => {
    site = await serveSite();
    await site.operate('sync');
    const signers = join(site.folder, 'trusted_signers');
    const secret = join(site.folder, 'secret');
    await site.operate('trusted-signers', '--out', signers);
    await site.operate(
      'token',
      'create',
      'hv',
      '--role',
      'hypervisor',
      '--hypervisor',
      'hv-01',
      '--secret-file',
      secret,
    );
    host = await createWatchedHost({
      trustedSigners: await readFile(signers, 'utf8'),
      token: (await readFile(secret, 'utf8')).trim(),
      name: 'hv-01',
    });
  });
  afterAll(async () => {
    await host.remove();
    await site.stop();
  });

  const until = async (check: () => unknown): Promise<void> => {
    await vi.waitFor(check, patience);
  };
  const shown = async (): Promise<InstanceDetail> =>
    JSON.parse(await site.operate('show', 'web-01', '--json')) as InstanceDetail;

  it('change the medium of a running machine, know of it, pass reports on, and give it up', async () => {
    const machines = createFakeMachines();
    const socket = join(host.folder, 'report.sock');
    const guests: Socket[] = [];
    const port = createServer((connection) => guests.push(connection));
    await new Promise<void>((resolve) => {
      port.listen(socket, resolve);
    });
    const path = host.drive(web01);
    machines.define({
      name: 'web-01',
      instance: web01,
      state: 'off',
      drive: { path, device: 'sda' },
      reportSocket: socket,
    });
    const watch = host.watch(site.url, machines, { removalGraceMs: 0 });
    try {
      await until(async () => expect(await host.read(web01)).toBeDefined());
      await machines.start(web01);
      await site.operate('regenerate-drive', 'web-01', '--force');
      await until(async () =>
        expect(await shown()).toMatchObject({ summary: { generation: { newest: 2, attached: 2 } } }),
      );
      expect(machines.swaps).toEqual([web01]);
      expect(machines.medium(web01)).toEqual(await host.read(web01));

      await until(() => expect(guests).toHaveLength(1));
      const report = {
        schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
        instance: web01,
        generation: 2,
        origin: 'guest',
        outcome: 'applied',
        startedAt: new Date().toISOString(),
        durationMs: 5,
        resources: [],
      };
      guests[0]?.write(`${JSON.stringify(report)}\n`);
      await until(async () =>
        expect(await shown()).toMatchObject({ summary: { generation: { applied: 2 } } }),
      );

      await site.end('SIGKILL');
      await until(async () => expect(await host.status()).toMatchObject({ server: { reachable: false } }));
      await site.start();
      await until(async () => expect(await host.status()).toMatchObject({ server: { reachable: true } }));

      machines.stop(web01);
      await site.edit('instances.yaml', [[/hypervisor: hv-01/, 'hypervisor: hv-02']]);
      await site.operate('sync');
      await until(async () => expect(await host.read(web01)).toBeUndefined());
    } finally {
      await watch.stop();
      for (const guest of guests) guest.destroy();
      await new Promise((resolve) => {
        port.close(resolve);
      });
    }
  });
});
