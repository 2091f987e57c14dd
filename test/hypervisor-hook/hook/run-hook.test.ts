import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { type DriveServer, startDriveServer } from '../../harness/drive-server.ts';
import {
  createHookHost,
  domainXml,
  type HookHost,
  hypervisorExecutable,
  instance,
} from '../../harness/hook-host.ts';

const validators = createValidators();

describe('ubugi-hypervisor hook, prepare begin', () => {
  let executable: string;
  let host: HookHost;
  let server: DriveServer;

  beforeAll(async () => {
    executable = await hypervisorExecutable();
  });
  beforeEach(async () => {
    host = await createHookHost(executable);
    server = await startDriveServer();
    await host.configure(server.url);
  });
  afterEach(async () => {
    await server.stop();
    await host.remove();
  });

  /** One good start with a drive of this generation. */
  async function attached(generation: number): Promise<Buffer> {
    const image = await host.maker.make({ instance, generation });
    server.behave({ kind: 'drive', image });
    expect(await host.hook()).toEqual({ status: 0, signal: undefined, stderr: '' });
    return image;
  }

  it('fetches, verifies and places the drive, keeps a copy and reports', async () => {
    const image = await attached(3);

    expect(await host.read()).toEqual(image);
    expect(await readFile(join(host.stateFolder, 'instances', instance, 'drive.iso'))).toEqual(image);
    expect(await readdir(host.driveFolder)).toEqual(['web-01.iso']);
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      path: `/v1/instances/${instance}/drive`,
      authorization: `Bearer ubugi_${'a'.repeat(43)}`,
      ifNoneMatch: undefined,
    });
    expect(server.reports).toHaveLength(1);
    const report = validators.agentReport(server.reports[0]);
    expect(report).toMatchObject({
      kind: 'valid',
      value: { instance, generation: 3, origin: 'hypervisor', outcome: 'attached', verified: true },
    });
  });

  it('asks with If-None-Match and writes nothing if the drive is the current one', async () => {
    await attached(3);
    const strace = [
      'strace',
      '-f',
      '-qq',
      '-o',
      join(host.folder, 'trace'),
      '-e',
      'trace=rename,fsync,unlink',
    ];

    expect(await host.hook({ under: strace })).toMatchObject({ status: 0 });

    expect(server.requests.map(({ status }) => status)).toEqual([200, 201, 304, 201]);
    expect(await readFile(join(host.folder, 'trace'), 'utf8')).not.toMatch(/rename|fsync|unlink/);
  });

  it('takes the stored copy if the drive at the path is gone and the server confirms it', async () => {
    const image = await attached(3);
    await writeFile(host.drive, 'damaged');

    expect(await host.hook()).toMatchObject({ status: 0, stderr: '' });

    expect(await host.read()).toEqual(image);
    expect(server.requests.at(-2)?.status).toBe(304);
  });

  it('replaces the drive by a newer generation', async () => {
    await attached(3);
    const newer = await attached(4);
    expect(await host.read()).toEqual(newer);
  });

  it.each(['prepare end', 'start begin', 'reconnect begin', 'migrate begin', 'restore begin', 'release end'])(
    'does nothing at %s, whatever is broken',
    async (phase) => {
      await writeFile(host.configuration, 'a: [');
      const [operation = '', subOperation = ''] = phase.split(' ');
      expect(await host.hook({ phase: [operation, subOperation], xml: '' })).toEqual({
        status: 0,
        signal: undefined,
        stderr: '',
      });
      expect(server.requests).toEqual([]);
    },
  );

  it('leaves a domain alone that has no config drive', async () => {
    await writeFile(join(host.folder, 'install.iso'), 'somebody else owns this');
    const run = await host.hook({ xml: domainXml(join(host.folder, 'install.iso')) });
    expect(run).toEqual({ status: 0, signal: undefined, stderr: '' });
    expect(server.requests).toEqual([]);
  });

  it('leaves a domain alone whose empty CD-ROM is only guessed and that the server does not know', async () => {
    server.behave({ kind: 'status', status: 404 });
    expect(await host.hook({ xml: domainXml(join(host.folder, 'absent.iso')) })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('replaces a symlink at the path and leaves what it points to', async () => {
    const precious = join(host.folder, 'precious');
    await writeFile(precious, 'precious');
    await symlink(precious, host.drive);

    const image = await attached(1);

    expect(await host.read()).toEqual(image);
    expect(await readFile(precious, 'utf8')).toBe('precious');
  });

  describe('when there is no answer that can be used', () => {
    type Fault = readonly [string, (image: Buffer) => Parameters<DriveServer['behave']>[0], RegExp];
    const faults: readonly Fault[] = [
      ['500', () => ({ kind: 'status', status: 500 }), /answered 500/],
      ['503', () => ({ kind: 'status', status: 503 }), /answered 503/],
      ['401', () => ({ kind: 'status', status: 401 }), /does not accept the token/],
      [
        'a redirect',
        () => ({ kind: 'status', status: 302, headers: { Location: '/elsewhere' } }),
        /answered 302/,
      ],
      ['404', () => ({ kind: 'status', status: 404 }), /does not know instance/],
      ['no answer', () => ({ kind: 'hang' }), /did not answer completely within/],
      ['slow bytes', () => ({ kind: 'slow' }), /did not answer completely within/],
      ['a cut answer', (image) => ({ kind: 'truncated', image }), /broke off the connection/],
      ['a wrong ETag', (image) => ({ kind: 'wrong-etag', image }), /does not match its ETag/],
      ['an endless answer', () => ({ kind: 'endless' }), /answered with more than/],
    ];

    it.each(faults)('%s: the last known good drive, with one warning', async (_name, fault, reason) => {
      await host.configure(server.url, ['deadlineSeconds: 5']);
      const image = await attached(3);
      server.behave(fault(await host.maker.make({ instance, generation: 4 })));

      const run = await host.hook();

      expect(run.status).toBe(0);
      expect(run.stderr).toMatch(reason);
      expect(run.stderr).toMatch(
        /attached the last known good drive, generation 3, confirmed 0 minutes ago$/,
      );
      expect(run.stderr.split('\n')).toHaveLength(1);
      expect(await host.read()).toEqual(image);
      expect(server.requests.map(({ path }) => path)).not.toContain('/elsewhere');
    });

    it.each(faults)(
      '%s: refused with one line where no drive was ever seen',
      async (_name, fault, reason) => {
        await host.configure(server.url, ['deadlineSeconds: 5']);
        server.behave(fault(await host.maker.make({ instance, generation: 4 })));

        const run = await host.hook();

        expect(run.status).toBe(1);
        expect(run.stderr).toMatch(reason);
        expect(run.stderr).toMatch(
          /^ubugi: domain web-01 is not started: .*no drive of it was ever attached here; /,
        );
        expect(run.stderr.split('\n')).toHaveLength(1);
        expect(await host.read()).toBeUndefined();
      },
    );

    it('starts without a drive where the configuration allows it', async () => {
      await host.configure(server.url, ['onMissing: allow']);
      const run = await host.hook();
      expect(run.status).toBe(0);
      expect(run.stderr).toMatch(/^ubugi: domain web-01 starts without a verified config drive: /);
    });

    it('does not use a drive whose last confirmation is too old', async () => {
      await attached(3);
      const file = join(host.stateFolder, 'instances', instance, 'record.json');
      const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      const eightDaysAgo = new Date(Date.now() - 8 * 86_400_000);
      await writeFile(file, JSON.stringify({ ...record, confirmedAt: eightDaysAgo }));
      await server.stop();

      const run = await host.hook();

      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(
        /refused the connection, and the last known good drive was confirmed 8 days ago/,
      );
    });

    it('restores the last known good drive from the store', async () => {
      const image = await attached(3);
      await writeFile(host.drive, image.subarray(2048));
      server.behave({ kind: 'status', status: 500 });

      expect((await host.hook()).status).toBe(0);
      expect(await host.read()).toEqual(image);
    });
  });

  it('refuses an instance that is placed on another host, last known good drive or not', async () => {
    await attached(3);
    server.behave({ kind: 'status', status: 403 });
    const run = await host.hook();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /does not place instance .* on this host \(403\); correct the instance's hypervisor/,
    );
  });

  it('starts with an expired drive, and says so, whether the server answers or not', async () => {
    const image = await host.maker.make({ instance, generation: 4, notAfter: '2026-01-03T00:00:00Z' });
    server.behave({ kind: 'drive', image });
    const first = await host.hook();
    expect(first).toMatchObject({ status: 0, stderr: expect.stringMatching(/expired at 2026-01-03T/) });
    expect(await host.read()).toEqual(image);

    await server.stop();
    const second = await host.hook();
    expect(second).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/the last known good drive, generation 4, .*; it expired at 2026-01-03T/),
    });
    expect(await host.read()).toEqual(image);
  });

  it('takes a replay after a newer drive, and then again nothing that is older than that one', async () => {
    await attached(3);
    const replay = await host.maker.make({ instance, generation: 1, supersedes: 3 });
    server.behave({ kind: 'drive', image: replay });
    expect(await host.hook()).toEqual({ status: 0, signal: undefined, stderr: '' });
    expect(await host.read()).toEqual(replay);
    expect(server.reports.at(-1)).toMatchObject({ generation: 1, outcome: 'attached' });

    server.behave({ kind: 'drive', image: await host.maker.make({ instance, generation: 2 }) });
    expect((await host.hook()).stderr).toMatch(/has generation 2, older than 3/);
    expect(await host.read()).toEqual(replay);
    await attached(3);
  });

  describe('a drive that must not be attached', () => {
    it.each([
      [
        'of another instance',
        { instance: '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d02', generation: 9 },
        /the drive is for instance/,
      ],
      ['of an older generation', { instance, generation: 2 }, /has generation 2, older than 3/],
    ])('%s is refused', async (_name, wish, reason) => {
      const good = await attached(3);
      server.behave({ kind: 'drive', image: await host.maker.make(wish) });

      const run = await host.hook();

      expect(run.status).toBe(0);
      expect(run.stderr).toMatch(reason);
      expect(await host.read()).toEqual(good);
    });

    it('signed by a stranger is refused', async () => {
      const stranger = await createHookHost(executable);
      try {
        server.behave({ kind: 'drive', image: await stranger.maker.make({ instance, generation: 1 }) });
        const run = await host.hook();
        expect(run.status).toBe(1);
        expect(run.stderr).toMatch(/that signed the drive is not trusted/);
        expect(await host.read()).toBeUndefined();
      } finally {
        await stranger.remove();
      }
    });

    it('with one flipped bit is refused', async () => {
      const image = Buffer.from(await host.maker.make({ instance, generation: 1 }));
      const position = image.indexOf('web-01');
      image.writeUInt8(image.readUInt8(position) ^ 1, position);
      server.behave({ kind: 'drive', image });
      const run = await host.hook();
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/was changed/);
    });
  });

  it('does not wait long for a report that is not taken', async () => {
    const image = await host.maker.make({ instance, generation: 1 });
    server.behave({ kind: 'drive', image });
    server.answerReports('hang');
    expect(await host.hook()).toEqual({ status: 0, signal: undefined, stderr: '' });
    expect(await host.read()).toEqual(image);
  });

  describe('the configuration', () => {
    it('that is broken refuses domains that are surely ours, and no others', async () => {
      await writeFile(host.configuration, 'server:\n  url: https://metadata\n  tokn: x\n');
      const ours = await host.hook({ xml: domainXml('/var/lib/ubugi/drives/web-01.iso') });
      expect(ours.status).toBe(1);
      expect(ours.stderr).toMatch(
        /hypervisor\.yaml:\d+: .* \(and 2 more problems\); run ubugi-hypervisor check-config$/,
      );
      expect(ours.stderr.split('\n')).toHaveLength(1);

      const foreign = await host.hook({ xml: domainXml(join(host.folder, 'absent.iso')) });
      expect(foreign).toMatchObject({ status: 0, stderr: '' });
    });

    it('with a token that everybody can read: the server is not asked', async () => {
      await execa('chmod', ['0644', join(host.folder, 'token')]);
      const run = await host.hook();
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/token is open to every user: run chmod 0600/);
      expect(server.requests).toEqual([]);
    });

    it('without signers: no drive is accepted', async () => {
      await writeFile(join(host.folder, 'trusted_signers'), '');
      const run = await host.hook();
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/trusted_signers names no key; run ubugi-hypervisor check-config/);
    });
  });

  it('ends at the deadline even if a disk hangs', async () => {
    await host.configure(server.url, ['deadlineSeconds: 1']);
    await mkdir(join(host.stateFolder, 'instances', instance), { recursive: true });
    const trace = ['strace', '-f', '-qq', '-o', '/dev/null'];
    const hanging = ['-P', join(host.stateFolder, 'instances', instance, 'record.json')];
    const run = await host.hook({
      under: [...trace, ...hanging, '-e', 'trace=openat', '-e', 'inject=openat:delay_enter=3s'],
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/its config drive was not ready within 1 s/);
  });
});
