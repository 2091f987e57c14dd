import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostStatus } from '../../../hypervisor-hook/watch/status/host-status.ts';
import { createHookHost, type HookHost, hypervisorExecutable, instance } from '../../harness/hook-host.ts';
import { type PlacementServer, startPlacementServer } from '../../harness/watch/placement-server.ts';

const patience = { timeout: 50_000, interval: 100 };
const unit = join(import.meta.dirname, '../../../hypervisor-hook/watch/ubugi-hypervisor-watch.service');

describe('ubugi-hypervisor watch and status, as built', () => {
  let executable: string;
  let host: HookHost;
  let server: PlacementServer;
  let end: AbortController;

  beforeAll(async () => {
    executable = await hypervisorExecutable();
  });
  beforeEach(async () => {
    end = new AbortController();
    host = await createHookHost(executable);
    server = await startPlacementServer('hv-07');
    await host.configure(server.url, [
      'host: hv-07',
      'watch:',
      '  heartbeatSeconds: 1',
      '  metricsFile: ubugi.prom',
      // No libvirt is asked there.
      'libvirt:',
      '  uri: test:///absent',
    ]);
  });
  afterEach(async () => {
    end.abort();
    await server.stop();
    await host.remove();
  });

  const run = (...args: readonly string[]) =>
    execa(executable, [args[0] ?? '', '--config', host.configuration, ...args.slice(1)], {
      reject: false,
      timeout: 60_000,
      cancelSignal: end.signal,
      env: { PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
    });
  const status = async (): Promise<HostStatus & { readonly running: boolean }> => {
    const { stdout } = await run('status', '--json');
    return JSON.parse(stdout) as HostStatus & { readonly running: boolean };
  };
  const until = async (check: () => unknown): Promise<void> => {
    await vi.waitFor(check, patience);
  };

  it('says that it never ran', async () => {
    const shown = await run('status');
    expect(shown).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/NOT RUNNING, and never ran/) });
    expect(await status()).toEqual({ running: false });
  });

  it('fetches ahead, runs once a host, shows how it is, and ends within seconds', async () => {
    const image = await host.maker.make({ instance, generation: 3 });
    server.place(instance, 3, image);
    const watch = run('watch');
    const copy = join(host.stateFolder, 'instances', instance, 'drive.iso');
    await until(async () => expect(await readFile(copy)).toEqual(image));
    await until(() =>
      expect(server.heartbeats.at(-1)).toMatchObject({ machines: { known: 0, running: 0 }, pending: 0 }),
    );

    const second = await run('watch');
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toMatch(/another watch runs on this host/);

    await until(async () =>
      expect(await status()).toMatchObject({
        running: true,
        host: 'hv-07',
        server: { reachable: true },
        machines: [{ instance, machine: 'absent', placement: 'placed', newest: 3, fetched: 3 }],
      }),
    );
    const shown = await run('status');
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toMatch(/on hv-07 \(libvirt\): running since/);
    expect(shown.stdout).toMatch(/server: reachable since/);
    expect(shown.stdout).toMatch(/absent +placed +3 +3 +-/);

    const metrics = await readFile(join(host.folder, 'ubugi.prom'), 'utf8');
    expect(metrics).toMatch(/^ubugi_hypervisor_server_reachable 1$/m);
    expect(metrics).toMatch(/^ubugi_hypervisor_machines\{state="absent"\} 1$/m);
    expect(metrics).toMatch(/^ubugi_hypervisor_drives_fetched_total 1$/m);

    watch.kill('SIGTERM');
    expect(await watch).toMatchObject({ exitCode: 0 });
    const after = await run('status');
    expect(after.exitCode).toBe(1);
    expect(after.stdout).toMatch(/NOT RUNNING on hv-07; what follows is from/);
  });

  it('says that the server is not reachable and why, and leaves no lock when it is killed', async () => {
    await server.goDown();
    const watch = run('watch');
    await until(async () =>
      expect(await status()).toMatchObject({
        running: true,
        server: { reachable: false, problem: expect.stringMatching(/refused the connection/) },
      }),
    );
    expect((await run('status')).stdout).toMatch(/server: NOT REACHABLE since .*refused the connection/);
    watch.kill('SIGKILL');
    await watch;
    expect(await status()).toMatchObject({ running: false });
    const next = run('watch');
    await until(async () => expect(await status()).toMatchObject({ running: true }));
    next.kill('SIGTERM');
    expect(await next).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['token', /does not exist|token file/],
    ['trusted_signers', /trusted signers file .* does not exist/],
  ])('says what is wrong with %s', async (file, reason) => {
    await cp(join(host.folder, file), join(host.folder, `${file}.away`));
    await execa('rm', [join(host.folder, file)]);
    const watch = run('watch');
    if (file === 'token') {
      await until(async () => expect((await status()).server.problem).toMatch(reason));
      watch.kill('SIGTERM');
      expect(await watch).toMatchObject({ exitCode: 0 });
    } else {
      expect(await watch).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(reason) });
    }
  });

  it('has a unit that systemd accepts', async () => {
    const copy = join(host.folder, 'ubugi-hypervisor-watch.service');
    const text = await readFile(unit, 'utf8');
    await writeFile(copy, text.replace('/usr/bin/ubugi-hypervisor', executable));
    const verified = await execa('systemd-analyze', ['verify', '--man=no', copy], {
      reject: false,
      timeout: 60_000,
    });
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
