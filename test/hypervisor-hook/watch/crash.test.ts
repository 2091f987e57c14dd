import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDriveMaker } from '../../harness/signed-drive.ts';
import { type PlacementServer, startPlacementServer } from '../../harness/watch/placement-server.ts';

const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';
const program = join(import.meta.dirname, '../../harness/watch/daemon-process.ts');
const patience = { timeout: 50_000, interval: 50 };

describe('the daemon, when the machine fails', () => {
  let folder: string;
  let server: PlacementServer;
  let old: Buffer;
  let newer: Buffer;
  let running: AbortController;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-crash-'));
    running = new AbortController();
    await mkdir(join(folder, 'drives'));
    await mkdir(join(folder, 'state/watch'), { recursive: true });
    const maker = await createDriveMaker(folder);
    await writeFile(join(folder, 'trusted_signers'), maker.trustedSigners);
    old = await maker.make({ instance, generation: 1 });
    newer = await maker.make({ instance, generation: 2, name: 'web-01-renamed' });
    server = await startPlacementServer('hv-07');
  });
  afterEach(async () => {
    running.abort();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const drive = async (): Promise<Buffer> => readFile(join(folder, 'drives', `${instance}.iso`));
  const medium = async (): Promise<Buffer> => readFile(join(folder, 'medium'));
  /** Starts the daemon, by default with nothing injected. One thread for system calls: strace counts by thread. */
  const daemon = (under: readonly string[] = []) => {
    const [command, ...args] = [...under, process.execPath, program, folder, server.url, 'hv-07', instance];
    return execa(command, args, {
      reject: false,
      cancelSignal: running.signal,
      env: { UV_THREADPOOL_SIZE: '1' },
      timeout: 60_000,
    });
  };
  const inject = (call: string, fault: string, when: string): readonly string[] => [
    // -D: the daemon is the child, and strace its tracer aside.
    'strace',
    '-D',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:${fault}:when=${when}`,
  ];
  /** A daemon at rest with the old drive in the machine, and the newer one on the server. */
  async function outdated(): Promise<void> {
    server.place(instance, 1, old);
    const first = daemon();
    await vi.waitFor(async () => {
      expect(await medium()).toEqual(old);
      expect(server.reports).toHaveLength(1);
    }, patience);
    first.kill('SIGTERM');
    expect((await first).exitCode).toBe(0);
    server.place(instance, 2, newer);
  }
  const isSettled = async (): Promise<void> => {
    await vi.waitFor(async () => {
      expect(await medium()).toEqual(newer);
      expect(server.reports.filter(({ generation }) => generation === 2).length).toBeGreaterThan(0);
    }, patience);
  };

  // State, drive, copy, record, state thrice, spool, state: the folder's fsync of each comes after its rename.
  const points = [4, 8, 16].map((when) => ['fsync', String(when)] as const);
  const renames = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((when) => ['rename', String(when)] as const);

  it.each([...points, ...renames])(
    'killed at %s %s: drive and medium are whole, and the next start ends what was begun',
    async (call, when) => {
      await outdated();
      const killed = daemon(inject(call, 'signal=SIGKILL', when));
      // What is written how often is a matter of time as well: it may all be done before the fault comes.
      const outcome = await Promise.race([killed, isSettled().then(() => undefined)]);
      if (outcome === undefined) killed.kill('SIGTERM');
      await killed;
      expect([old, newer]).toContainEqual(await drive());
      expect([old, newer]).toContainEqual(await medium());

      const next = daemon();
      await isSettled();
      await vi.waitFor(() => expect(server.waiting()).toBe(1), patience);
      next.kill('SIGTERM');
      expect((await next).exitCode).toBe(0);
      expect(await drive()).toEqual(newer);
    },
  );

  it.each(['ENOSPC', 'EIO'])('goes on by itself when writing fails with %s for a while', async (code) => {
    await outdated();
    const failing = daemon(inject('fsync', `error=${code}`, '1..12'));
    await isSettled();
    expect(await drive()).toEqual(newer);
    failing.kill('SIGTERM');
    expect((await failing).stderr).toContain(code);
  });
});
