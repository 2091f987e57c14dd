import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DriveServer, startDriveServer } from '../../harness/drive-server.ts';
import { createHookHost, type HookHost, hypervisorExecutable, instance } from '../../harness/hook-host.ts';

/** A fault injected by strace(1) at the n-th call of this kind in the whole process. */
function inject(call: string, fault: string, when: number): readonly string[] {
  return [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:${fault}:when=${when}`,
  ];
}

describe('the hook, when the machine fails', () => {
  let executable: string;
  let host: HookHost;
  let server: DriveServer;
  let old: Buffer;
  let newer: Buffer;

  beforeAll(async () => {
    executable = await hypervisorExecutable();
  });
  beforeEach(async () => {
    host = await createHookHost(executable);
    server = await startDriveServer();
    await host.configure(server.url);
    old = await host.maker.make({ instance, generation: 1 });
    newer = await host.maker.make({ instance, generation: 2, name: 'web-01-renamed' });
    server.behave({ kind: 'drive', image: old });
    await host.hook();
    server.behave({ kind: 'drive', image: newer });
  });
  afterEach(async () => {
    await server.stop();
    await host.remove();
  });

  // Drive, store and record: fsync of each file and of its folder, and one rename each.
  const points = [1, 2, 3, 4, 5, 6].map((when) => ['fsync', when] as const);
  const renames = [1, 2, 3].map((when) => ['rename', when] as const);

  it.each([...points, ...renames])(
    'killed at %s %i: the drive is the old or the new one',
    async (call, when) => {
      const killed = await host.hook({ under: inject(call, 'signal=SIGKILL', when) });
      expect(killed.signal).toBe('SIGKILL');
      expect([old, newer]).toContainEqual(await host.read());

      // Without the server as well as with it, the next start finds a whole drive.
      server.behave({ kind: 'status', status: 500 });
      expect((await host.hook()).status).toBe(0);
      expect([old, newer]).toContainEqual(await host.read());
      server.behave({ kind: 'drive', image: newer });
      expect(await host.hook()).toMatchObject({ status: 0, stderr: '' });
      expect(await host.read()).toEqual(newer);
    },
  );

  it.each([
    ['fsync', 'ENOSPC', /ENOSPC: the disk is full/],
    ['fsync', 'EIO', /EIO/],
    ['rename', 'EDQUOT', /EDQUOT: the quota is used up/],
  ])(
    '%s fails with %s: the old drive stays, with a warning, and nothing is left over',
    async (call, code, reason) => {
      const run = await host.hook({ under: inject(call, `error=${code}`, 1) });
      expect(run.status).toBe(0);
      expect(run.stderr).toMatch(reason);
      expect(run.stderr).toMatch(/attached the last known good drive, generation 1/);
      expect(await host.read()).toEqual(old);
      expect(await readdir(host.driveFolder)).toEqual(['web-01.iso']);
    },
  );

  it('a full disk without any drive refuses the start', async () => {
    await writeFile(host.drive, 'damaged');
    const run = await host.hook({ under: inject('fsync', 'error=ENOSPC', 1) });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/cannot be written \(ENOSPC: the disk is full\)/);
  });

  it('a store that cannot be written does not stop the start', async () => {
    const run = await host.hook({ under: inject('fsync', 'error=ENOSPC', 3) });
    expect(run.status).toBe(0);
    expect(run.stderr).toBe('ubugi: domain web-01: its drive was not kept for later (ENOSPC)');
    expect(await host.read()).toEqual(newer);
    expect(await readdir(join(host.stateFolder, 'instances', instance))).toEqual([
      'drive.iso',
      'previous',
      'record.json',
    ]);
  });
});
