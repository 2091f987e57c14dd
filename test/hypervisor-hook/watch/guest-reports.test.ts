import { unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeMachines, type FakeMachines } from '../../harness/watch/fake-machines.ts';
import { type PlacementServer, startPlacementServer } from '../../harness/watch/placement-server.ts';
import { createWatchedHost, hostName, type WatchedHost } from '../../harness/watch/watched-host.ts';

const one = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const two = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d02';
const patience = { timeout: 30_000, interval: 20 };

/** What QEMU shows of a guest's port: one socket, and who is connected to it. */
interface GuestPort {
  readonly path: string;
  /** Settles when the daemon listens. */
  listened(): Promise<Socket>;
  /** Settles when nobody listens any more. */
  deserted(): Promise<void>;
  /** The machine ends. */
  close(): Promise<void>;
}

async function openPort(path: string): Promise<GuestPort> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return {
    path,
    listened: async () =>
      vi.waitFor(() => {
        const [socket] = sockets;
        if (socket === undefined) throw new Error('nobody listens');
        return socket;
      }, patience),
    deserted: async () => vi.waitFor(() => expect(sockets.size).toBe(0), patience),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await unlink(path).catch(() => undefined);
    },
  };
}

function report(generation: number, more: object = {}): string {
  return `${JSON.stringify({
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    instance: one,
    generation,
    origin: 'guest',
    outcome: 'applied',
    startedAt: '2026-01-02T03:04:05Z',
    durationMs: 5,
    resources: [],
    ...more,
  })}\n`;
}

describe('reports of guests', () => {
  let host: WatchedHost;
  let server: PlacementServer;
  let machines: FakeMachines;
  let port: GuestPort;

  beforeEach(async () => {
    host = await createWatchedHost();
    server = await startPlacementServer(hostName);
    machines = createFakeMachines();
    port = await openPort(join(host.folder, 'report.sock'));
    machines.define({
      name: 'web-01',
      instance: one,
      state: 'running',
      drive: undefined,
      reportSocket: port.path,
    });
  });
  afterEach(async () => {
    await host.remove();
    await port.close();
    await server.stop();
  });

  const generations = (): readonly number[] => server.reports.map(({ generation }) => generation);
  const until = async (check: () => unknown): Promise<void> => {
    await vi.waitFor(check, patience);
  };

  it('passes on what guests say, in order, however it is cut', async () => {
    host.watch(server.url, machines);
    const guest = await port.listened();
    const text = report(1) + report(2) + report(3);
    guest.write(text.slice(0, 100));
    guest.write(text.slice(100));
    await until(() => expect(generations()).toEqual([1, 2, 3]));
    await until(async () => expect(await host.status()).toMatchObject({ spool: { reports: 0 } }));
  });

  it('takes nothing that is not a report of this very guest, and then the next one', async () => {
    const watch = host.watch(server.url, machines);
    const guest = await port.listened();
    guest.write('nonsense\n');
    guest.write(report(1, { instance: two }));
    guest.write(report(1, { origin: 'hypervisor', outcome: 'attached' }));
    guest.write(report(1, { outcome: 'attached' }));
    guest.write(report(1, { extra: true }));
    guest.write(`{"schema":1,"schema":2}\n`);
    guest.write('[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n');
    guest.write(report(7));
    await until(() => expect(generations()).toEqual([7]));
    await until(async () => expect((await host.status()).counters).toMatchObject({ invalidReports: 7 }));
    expect(watch.lines.filter((line) => line.includes('what it sent'))).toEqual([
      'web-01: what it sent as a report is not JSON',
    ]);
  });

  it('is not hurt by a guest that sends without end, and hears it afterwards', async () => {
    host.watch(server.url, machines, { guestPace: { burst: 5, everyMs: 20 } });
    const guest = await port.listened();
    const before = process.memoryUsage.rss();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 8; sent += 1) {
      await new Promise<void>((resolve) => {
        guest.write(chunk, () => resolve());
      });
    }
    guest.write(`\n${report(2)}`);
    await until(() => expect(generations()).toEqual([2]));
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('reads a guest no faster than its pace: the rest waits in the guest', async () => {
    host.watch(server.url, machines, { guestPace: { burst: 3, everyMs: 3_600_000 } });
    const guest = await port.listened();
    for (let generation = 1; generation <= 6; generation += 1) guest.write(report(generation));
    await until(() => expect(generations()).toEqual([1, 2, 3]));
    await until(async () => expect((await host.status()).counters).toMatchObject({ collectedReports: 3 }));
  });

  it('keeps reports through an outage and a restart, and sends them in order then', async () => {
    const watch = host.watch(server.url, machines);
    const guest = await port.listened();
    await server.goDown();
    guest.write(report(1) + report(2));
    await until(async () => expect(await host.status()).toMatchObject({ spool: { reports: 2 } }));
    await watch.stop();
    await port.deserted();
    host.watch(server.url, machines);
    const again = await port.listened();
    again.write(report(3));
    await until(async () => expect(await host.status()).toMatchObject({ spool: { reports: 3 } }));
    await server.comeBack();
    await until(() => expect(generations()).toEqual([1, 2, 3]));
  });

  it('drops the oldest beyond the bounds, counts them and says so once', async () => {
    await server.goDown();
    const spool = { mostPerMachine: 2, mostBytesPerMachine: 1_000_000, mostBytes: 1_000_000 };
    const watch = host.watch(server.url, machines, { spool });
    const guest = await port.listened();
    for (let generation = 1; generation <= 5; generation += 1) guest.write(report(generation));
    await until(async () =>
      expect(await host.status()).toMatchObject({ spool: { reports: 2 }, counters: { droppedReports: 3 } }),
    );
    await server.comeBack();
    await until(() => expect(generations()).toEqual([4, 5]));
    expect(watch.lines.filter((line) => line.includes('oldest reports are dropped'))).toHaveLength(1);
  });

  it('drops with a line what the server refuses for good, and goes on', async () => {
    server.fail('reports', 409);
    const watch = host.watch(server.url, machines);
    const guest = await port.listened();
    guest.write(report(1));
    await until(() =>
      expect(watch.lines).toContain(
        `a report of instance ${one} is dropped: the metadata server answered 409`,
      ),
    );
    server.fail('reports', 'none');
    guest.write(report(2));
    await until(() => expect(generations()).toEqual([2]));
  });

  it.each([401, 408, 500, 503])('keeps what the server answers with %i', async (status) => {
    server.fail('reports', status);
    host.watch(server.url, machines);
    const guest = await port.listened();
    guest.write(report(1));
    await until(() =>
      expect(server.requests.filter((request) => request.endsWith(` ${status}`)).length).toBeGreaterThan(1),
    );
    server.fail('reports', 'none');
    await until(() => expect(generations()).toEqual([1]));
  });

  it('listens again when the machine was started again', async () => {
    host.watch(server.url, machines);
    const guest = await port.listened();
    guest.write(report(1));
    await until(() => expect(generations()).toEqual([1]));
    await port.close();
    port = await openPort(port.path);
    (await port.listened()).write(report(2));
    await until(() => expect(generations()).toEqual([1, 2]));
  });
});
