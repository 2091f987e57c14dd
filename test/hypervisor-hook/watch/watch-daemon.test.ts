import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeMachines, type FakeMachines } from '../../harness/watch/fake-machines.ts';
import { type PlacementServer, startPlacementServer } from '../../harness/watch/placement-server.ts';
import {
  createWatchedHost,
  hostName,
  type RunningWatch,
  type WatchedHost,
} from '../../harness/watch/watched-host.ts';

const one = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const two = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d02';
const patience = { timeout: 30_000, interval: 20 };

describe('ubugi-hypervisor watch', () => {
  let host: WatchedHost;
  let server: PlacementServer;
  let machines: FakeMachines;
  const images = new Map<string, Buffer>();

  beforeEach(async () => {
    host = await createWatchedHost();
    server = await startPlacementServer(hostName);
    machines = createFakeMachines();
    images.clear();
  });
  afterEach(async () => {
    await host.remove();
    await server.stop();
  });

  const until = async (check: () => unknown): Promise<void> => {
    await vi.waitFor(check, patience);
  };
  /** A drive; the same for the same arguments. */
  async function drive(instance: string, generation: number): Promise<Buffer> {
    const key = `${instance} ${generation}`;
    const image =
      images.get(key) ?? (await host.maker.make({ instance, generation, name: `generation-${generation}` }));
    images.set(key, image);
    return image;
  }
  async function place(instance: string, generation: number): Promise<Buffer> {
    const image = await drive(instance, generation);
    server.place(instance, generation, image);
    return image;
  }
  function define(instance: string): void {
    const path = host.drive(instance);
    machines.define({
      name: `vm-${instance.slice(-2)}`,
      instance,
      state: 'off',
      drive: { path, device: 'sda' },
      reportSocket: undefined,
    });
  }
  const copies = async (instance: string): Promise<readonly string[]> =>
    readdir(join(host.stateFolder, 'instances', instance)).catch(() => []);
  /** A running machine with the newest drive, and the daemon at rest. */
  async function running(instance: string, generation: number): Promise<RunningWatch> {
    const image = await place(instance, generation);
    define(instance);
    const watch = host.watch(server.url, machines);
    await until(async () => expect(await host.read(instance)).toEqual(image));
    await machines.start(instance);
    await until(async () =>
      expect((await host.status()).machines).toMatchObject([{ machine: 'running', attached: generation }]),
    );
    return watch;
  }

  describe('what changes', () => {
    it('puts the drive of a machine that is off in place, and says nothing of it', async () => {
      const image = await place(one, 3);
      define(one);
      host.watch(server.url, machines);
      await until(async () => expect(await host.read(one)).toEqual(image));
      await until(() => expect(server.waiting()).toBe(1));
      expect(machines.swaps).toEqual([]);
      expect(server.reports).toEqual([]);
      const copy = join(host.stateFolder, 'instances', one, 'drive.iso');
      await until(async () => expect(await readFile(copy)).toEqual(image));
    });

    it('swaps the medium of a running machine, and reports attached when it is in', async () => {
      await running(one, 3);
      expect(machines.swaps).toEqual([]);
      const newer = await place(one, 4);
      await until(() => expect(machines.medium(one)).toEqual(newer));
      await until(() =>
        expect(server.reports).toMatchObject([
          { instance: one, generation: 4, origin: 'hypervisor', outcome: 'attached', verified: true },
        ]),
      );
      await until(async () =>
        expect((await host.status()).machines).toMatchObject([{ attached: 4, fetched: 4, pending: false }]),
      );
      expect(machines.swaps).toEqual([one]);
    });

    it('swaps every drive when the payload changed', async () => {
      await running(one, 3);
      const rebuilt = await host.maker.make({ instance: one, generation: 3, name: 'rebuilt' });
      server.serve(one, rebuilt);
      server.renewPayload('b'.repeat(64));
      await until(() => expect(machines.medium(one)).toEqual(rebuilt));
    });

    it('fetches the drive of an instance that has no machine yet, so that its first start needs no server', async () => {
      const image = await place(one, 1);
      host.watch(server.url, machines);
      const copy = join(host.stateFolder, 'instances', one, 'drive.iso');
      await until(async () => expect(await readFile(copy)).toEqual(image));
      await until(async () => expect(await host.status()).toMatchObject({ server: { reachable: true } }));
      await server.goDown();
      define(one);
      await until(async () => expect(await host.read(one)).toEqual(image));
    });

    it('keeps the last generations', async () => {
      await running(one, 1);
      for (const generation of [2, 3, 4, 5]) {
        const image = await place(one, generation);
        await until(() => expect(machines.medium(one)).toEqual(image));
      }
      const previous = await readdir(join(host.stateFolder, 'instances', one, 'previous'));
      expect(previous.map((name) => Number(name.split('-')[0]))).toEqual([3, 4]);
    });

    it('asks for everything when the server cannot continue, and does nothing over what is the same', async () => {
      await running(one, 3);
      server.forgetCursors();
      await server.goDown();
      await server.comeBack();
      await until(() => expect(server.requests.at(-1)).toMatch(/304$/));
      await until(() => expect(server.waiting()).toBe(1));
      expect(machines.swaps).toEqual([]);
    });

    it('goes on where it was after a restart, without fetching or swapping anything', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      const before = server.requests.length;
      host.watch(server.url, machines);
      await until(() => expect(server.waiting()).toBe(1));
      expect(server.requests.slice(before).filter((request) => request.includes('/drive'))).toEqual([]);
      expect(machines.swaps).toEqual([]);
    });

    it('notices what changed while it was not running', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      const newer = await place(one, 4);
      host.watch(server.url, machines);
      await until(() => expect(machines.medium(one)).toEqual(newer));
      await until(() => expect(server.reports).toHaveLength(1));
    });

    it('reports attached for a start of which the server could not be told', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      await unlink(join(host.stateFolder, 'watch', 'state.json'));
      // What the hook leaves where its report was not taken.
      const note = join(host.stateFolder, 'instances', one, 'unreported');
      await writeFile(note, '');
      host.watch(server.url, machines);
      await until(() => expect(server.reports).toMatchObject([{ generation: 3, outcome: 'attached' }]));
      await until(async () => expect(await copies(one)).not.toContain('unreported'));
      expect(machines.swaps).toEqual([]);
    });

    it('swaps where an older drive than the newest came into a machine at its start', async () => {
      await running(one, 3);
      machines.stop(one);
      await until(async () => expect((await host.status()).machines).toMatchObject([{ machine: 'off' }]));
      const newer = await place(one, 4);
      await until(async () => expect(await host.read(one)).toEqual(newer));
      // A hook that asked before the server knew better, and was slow.
      await writeFile(host.drive(one), await drive(one, 3));
      await machines.start(one);
      await until(() => expect(machines.medium(one)).toEqual(newer));
      expect(await host.read(one)).toEqual(newer);
    });
  });

  describe('what goes wrong', () => {
    it.each(['hang', 500, 503, 401, 'down'] as const)('outlives a server that is: %s', async (fault) => {
      const watch = await running(one, 3);
      if (fault === 'down') await server.goDown();
      else for (const asked of ['changes', 'drive', 'heartbeat'] as const) server.fail(asked, fault);
      server.forgetCursors();
      const newer = await place(one, 4);
      if (fault !== 'hang') {
        await until(async () => expect(await host.status()).toMatchObject({ server: { reachable: false } }));
      }
      for (const asked of ['changes', 'drive', 'heartbeat'] as const) server.fail(asked, 'none');
      if (fault === 'down') await server.comeBack();
      if (fault === 'hang') await watch.stop();
      if (fault === 'hang') host.watch(server.url, machines);
      await until(() => expect(machines.medium(one)).toEqual(newer));
    });

    it('keeps the good drive when the server sends a cut one, another one, or an older one', async () => {
      const watch = await running(one, 3);
      const good = await drive(one, 3);
      server.fail('drive', 'truncate');
      const newer = await place(one, 4);
      await until(() =>
        expect(watch.lines.join('\n')).toMatch(/broke off its answer|broke off the connection/),
      );
      server.serve(one, await drive(two, 4));
      server.fail('drive', 'none');
      await until(() => expect(watch.lines.join('\n')).toMatch(/is for instance .*02, not/));
      server.serve(one, await drive(one, 2));
      await until(() => expect(watch.lines.join('\n')).toMatch(/older than 3/));
      server.serve(one, newer.subarray(0, newer.length - 2048));
      await until(() => expect(watch.lines).toHaveLength(4));
      expect(await host.read(one)).toEqual(good);
      expect(machines.medium(one)).toEqual(good);
      expect((await host.status()).machines).toMatchObject([{ pending: true, attached: 3, newest: 4 }]);
      server.serve(one, newer);
      await until(() => expect(machines.medium(one)).toEqual(newer));
    });

    it('counts a swap that fails as pending, tries again, and holds up no other machine', async () => {
      const watch = await running(one, 3);
      await place(two, 1);
      define(two);
      await until(async () => expect(await host.read(two)).toEqual(await drive(two, 1)));
      await machines.start(two);
      machines.failSwaps(one, 'fail');
      const newer = await place(one, 4);
      await until(() => expect(machines.swaps.length).toBeGreaterThan(2));
      const other = await place(two, 2);
      await until(() => expect(machines.medium(two)).toEqual(other));
      await until(() =>
        expect(server.heartbeats.at(-1)).toMatchObject({ pending: 1, machines: { known: 2, running: 2 } }),
      );
      expect(server.heartbeats.at(-1)?.lastError).toMatch(/holds its medium/);
      expect(watch.lines.filter((line) => line.includes('holds its medium'))).toHaveLength(1);
      expect(server.reports.map(({ instance }) => instance)).toEqual([two]);
      machines.failSwaps(one, 'not');
      await until(() => expect(machines.medium(one)).toEqual(newer));
      await until(() => expect(server.reports).toHaveLength(2));
    });

    it('holds up no other machine, nor its own end, for a swap that hangs', async () => {
      const watch = await running(one, 3);
      await place(two, 1);
      define(two);
      await until(async () => expect(await host.read(two)).toEqual(await drive(two, 1)));
      machines.failSwaps(one, 'hang');
      await place(one, 4);
      await until(() => expect(machines.swaps).toEqual([one]));
      const other = await place(two, 2);
      await until(async () => expect(await host.read(two)).toEqual(other));
      await watch.stop();
    });

    it('goes on with the machines that it knows when libvirt does not answer', async () => {
      await running(one, 3);
      machines.failLists(true);
      await until(async () =>
        expect((await host.status()).adapterProblem).toMatch(/libvirtd does not answer/),
      );
      const newer = await place(one, 4);
      await until(() => expect(machines.medium(one)).toEqual(newer));
    });

    it('reads no state that another version wrote, and starts anew from the server', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      await writeFile(join(host.stateFolder, 'watch', 'state.json'), '{"version":99');
      host.watch(server.url, machines);
      await until(() => expect(server.waiting()).toBe(1));
      await until(async () =>
        expect((await host.status()).machines).toMatchObject([{ attached: 3, pending: false }]),
      );
      expect(machines.swaps).toEqual([]);
    });
  });

  describe('what was lost', () => {
    it.each(['missing', 'damaged'])(
      'puts back the drive of a machine that is off and whose file is %s',
      async (how) => {
        const image = await place(one, 3);
        define(one);
        host.watch(server.url, machines);
        await until(async () => expect(await host.read(one)).toEqual(image));
        await server.goDown();
        if (how === 'missing') await unlink(host.drive(one));
        else await writeFile(host.drive(one), 'damaged');
        await until(async () => expect(await host.read(one)).toEqual(image));
      },
    );

    it('leaves a file alone that somebody is just writing, such as Nova its own config drive', async () => {
      const image = await place(one, 3);
      define(one);
      await writeFile(host.drive(one), 'half of a drive');
      const busy = host.watch(server.url, machines, { quietMs: 3_600_000 });
      await until(() => expect(busy.lines.join('\n')).toMatch(/is being written by somebody else/));
      expect(await host.read(one)).toEqual(Buffer.from('half of a drive'));
      await busy.stop();
      host.watch(server.url, machines, { quietMs: 0 });
      await until(async () => expect(await host.read(one)).toEqual(image));
    });

    it('puts back the drive of a machine of which the server was never heard', async () => {
      const image = await place(one, 3);
      define(one);
      const watch = host.watch(server.url, machines);
      await until(async () => expect(await host.read(one)).toEqual(image));
      await watch.stop();
      await server.goDown();
      await unlink(host.drive(one));
      await unlink(join(host.stateFolder, 'watch', 'state.json'));
      host.watch(server.url, machines);
      await until(async () => expect(await host.read(one)).toEqual(image));
    });
  });

  describe('what is gone', () => {
    it('keeps the drive for the grace time, and removes drive and copies after it', async () => {
      const watch = await running(one, 3);
      machines.stop(one);
      server.takeAway(one);
      await until(async () => expect((await host.status()).machines).toMatchObject([{ placement: 'gone' }]));
      await watch.stop();
      expect(await host.read(one)).toEqual(await drive(one, 3));
      expect(await copies(one)).toContain('drive.iso');
      host.watch(server.url, machines, { removalGraceMs: 0 });
      await until(async () => expect(await host.read(one)).toBeUndefined());
      await until(async () =>
        expect((await host.status()).machines).toMatchObject([{ placement: 'unlisted' }]),
      );
      expect(await copies(one)).not.toContain('drive.iso');
      expect(await copies(one)).toContain('record.json');
    });

    it('removes nothing of a machine that runs, until it stops', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      server.takeAway(one);
      host.watch(server.url, machines, { removalGraceMs: 0 });
      await until(async () => expect((await host.status()).machines).toMatchObject([{ placement: 'gone' }]));
      await until(() => expect(server.waiting()).toBe(1));
      expect(await host.read(one)).toEqual(await drive(one, 3));
      machines.stop(one);
      await until(async () => expect(await host.read(one)).toBeUndefined());
    });

    it('removes the copies at once where no machine is defined', async () => {
      await place(one, 3);
      host.watch(server.url, machines);
      await until(async () => expect(await copies(one)).toContain('drive.iso'));
      server.takeAway(one);
      await until(async () => expect(await copies(one)).toEqual(['record.json']));
    });

    it('removes no file that is not the drive of this very instance', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      machines.stop(one);
      await writeFile(host.drive(one), await drive(two, 1));
      server.takeAway(one);
      host.watch(server.url, machines, { removalGraceMs: 0 });
      await until(async () =>
        expect((await host.status()).machines).toMatchObject([{ placement: 'unlisted' }]),
      );
      expect(await host.read(one)).toEqual(await drive(two, 1));
    });

    it('removes nothing while libvirt does not say what runs', async () => {
      const watch = await running(one, 3);
      await watch.stop();
      machines.failLists(true);
      server.takeAway(one);
      const second = host.watch(server.url, machines, { removalGraceMs: 0 });
      await until(() => expect(second.lines.join('\n')).toMatch(/so nothing of it is removed/));
      expect(await host.read(one)).toEqual(await drive(one, 3));
    });

    it('takes an instance that comes back', async () => {
      await running(one, 3);
      server.takeAway(one);
      await until(async () => expect((await host.status()).machines).toMatchObject([{ placement: 'gone' }]));
      const newer = await place(one, 4);
      await until(() => expect(machines.medium(one)).toEqual(newer));
    });
  });

  it('tells the server once of a machine that runs here without being placed here, which ends its migration', async () => {
    await writeFile(host.drive(one), await drive(one, 3));
    define(one);
    await machines.start(one);
    host.watch(server.url, machines);
    const drives = (): readonly string[] => server.requests.filter((request) => request.includes('/drive'));
    await until(() => expect(drives()).toEqual([`GET /v1/instances/${one}/drive 403`]));
    await until(() => expect(server.heartbeats.length).toBeGreaterThan(2));
    expect(drives()).toHaveLength(1);
    machines.stop(one);
    await until(async () => expect((await host.status()).machines).toMatchObject([{ machine: 'off' }]));
    const newer = await drive(one, 4);
    server.grant(one, 4, newer);
    await machines.start(one);
    await until(() => expect(machines.medium(one)).toEqual(newer));
    await until(async () =>
      expect(await host.status()).toMatchObject({ machines: [{ placement: 'placed', attached: 4 }] }),
    );
  });

  it('leaves the drive of a rescue to Nova and the hook', async () => {
    await place(one, 3);
    const path = join(host.driveFolder, 'disk.config.rescue');
    await writeFile(path, "Nova's");
    machines.define({
      name: 'rescued',
      instance: one,
      state: 'running',
      drive: { path, device: 'sda' },
      reportSocket: undefined,
    });
    host.watch(server.url, machines, { quietMs: 0 });
    await until(async () => expect(await copies(one)).toContain('drive.iso'));
    await until(() => expect(server.heartbeats.length).toBeGreaterThan(1));
    expect(await readFile(path, 'utf8')).toBe("Nova's");
    expect(machines.swaps).toEqual([]);
  });

  it('leaves files alone that are nobody it knows', async () => {
    await mkdir(join(host.driveFolder, 'sub'));
    await running(one, 3);
    machines.define({
      name: 'stranger',
      instance: two,
      state: 'off',
      drive: { path: join(host.driveFolder, 'sub', 'x.iso'), device: 'sdb' },
      reportSocket: undefined,
    });
    await until(async () => expect((await host.status()).machines).toHaveLength(2));
    expect(await readdir(join(host.driveFolder, 'sub'))).toEqual([]);
  });
});
