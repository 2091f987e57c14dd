import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { EventList } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../../server/domain/identifiers.ts';
import { reportChannelFiles } from '../../../server/drive/tree/report-channel.ts';
import { sampleGeneration } from '../../drive/sample-generation.ts';
import { makeCertificates, type TestCertificates } from '../../harness/certificates.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { type ApiServer, startApiServer, web01 } from '../../http/api-server.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** The compiled agent in a real Debian, its curl and wget, and a real server with TLS. */
describe('reports to the server', () => {
  const tokenFile = '/var/lib/ubugi/report-token.json';
  const outbox = '/var/lib/ubugi/outbox';
  let certificates: TestCertificates;
  let folder: string;
  let root: GuestRoot;
  let server: ApiServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ubugi-reports-'));
    certificates = await makeCertificates(folder, 'IP:127.0.0.1');
    root = await createGuestRoot('tools');
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
    for (const tool of ['curl', 'wget']) cpSync(at(`/usr/bin/${tool}`), at(`/${tool}`));
  }, 600_000);
  afterAll(() => {
    root?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    server = await startApiServer([web01], { tls: certificates });
    for (const name of ['run/ubugi', 'var/lib/ubugi', 'drive', 'etc/motd']) {
      rmSync(at(`/${name}`), { recursive: true, force: true });
    }
    provide('curl', 'wget');
  });
  afterEach(() => server.close());

  function at(path: string): string {
    return join(root.path, path);
  }
  /** Leaves the guest with these HTTP clients and no other. */
  function provide(...tools: readonly string[]): void {
    for (const tool of ['curl', 'wget']) {
      rmSync(at(`/usr/bin/${tool}`), { force: true });
      if (tools.includes(tool)) cpSync(at(`/${tool}`), at(`/usr/bin/${tool}`));
    }
  }
  async function agent(...given: readonly string[]): Promise<{ status: number; output: string }> {
    // A UTS namespace: the host's name is not the guest's to set.
    const named = 'echo web-01 >/proc/sys/kernel/hostname; exec "$0" "$@"';
    const inside = ['--uts', '--pid', '--fork', 'sh', '-c', named, 'chroot', root.path, '/agent', ...given];
    const { exitCode, all } = await execa('unshare', inside, { reject: false, all: true, timeout: 60_000 });
    return { status: exitCode ?? -1, output: all };
  }
  /** Applies a drive of the server's with this text in it. */
  async function apply(motd: string, options: ChannelOptions & { trigger?: string } = {}): Promise<void> {
    const { generation = 1, trigger = 'boot' } = options;
    rmSync(at('/drive'), { recursive: true, force: true });
    writeDriveFolder(at('/drive'), guest(motd), {
      generation,
      further: { 'ubugi/report.json': channel(options) },
    });
    const { status, output } = await agent('apply', '--drive', '/drive', '--trigger', trigger);
    expect([status, output]).toEqual([0, expect.any(String)]);
  }
  interface ChannelOptions {
    readonly generation?: number;
    readonly url?: string;
    readonly caCertificates?: string | undefined;
  }
  function channel({ generation: number = 1, url = server.url, ...more }: ChannelOptions): string {
    const tokens = server.ports.reportTokens;
    if (tokens === undefined) throw new Error('no tokens');
    const caCertificates = 'caCertificates' in more ? more.caCertificates : certificates.ca;
    const generation = { ...sampleGeneration({ number }), instance: web01.id as InstanceId };
    const [file] = reportChannelFiles(generation, { url, caCertificates, tokens });
    return file?.content.toString() ?? '';
  }
  function guest(motd: string): ReturnType<typeof exampleGuest> {
    return exampleGuest({
      instance: { id: web01.id, name: 'web-01', osFamily: 'debian' },
      network: { interfaces: [] },
      dns: {},
      ntp: {},
      groups: [],
      accounts: [],
      sudo: { rules: [] },
      files: [{ path: '/etc/motd', mode: '0644', owner: 'root', group: 'root', content: motd }],
    });
  }
  const kept = (): { token: string } => JSON.parse(readFileSync(at(tokenFile), 'utf8')) as { token: string };
  const waiting = (path = outbox): readonly string[] =>
    existsSync(at(path)) ? readdirSync(at(path)).filter((name) => name.endsWith('.json')) : [];
  const stored = (): Promise<readonly AgentReport[]> =>
    server.ports.store.reports(web01.id as InstanceId, 100);

  test.each(['curl', 'wget'] as const)(
    'by %s, each with the token of the answer before; it is never among the arguments',
    async (tool) => {
      provide(tool);
      await apply('one');
      const first = kept().token;
      const trace = at('/trace');
      const traced = await execa(
        'strace',
        [
          '-f',
          '-s',
          '4096',
          '-e',
          'trace=execve',
          '-o',
          trace,
          'chroot',
          root.path,
          '/agent',
          'send-reports',
        ],
        { reject: false, all: true, timeout: 60_000 },
      );
      expect([traced.exitCode, traced.all]).toEqual([0, 'ubugi: reports: 1 accepted, 0 waiting']);
      const arguments_ = readFileSync(trace, 'utf8');
      expect(arguments_).toContain(`/usr/bin/${tool}`);
      expect(arguments_).not.toContain('ubugi-report.');
      expect(arguments_).not.toContain(first.slice(-43));
      rmSync(trace);
      expect(await stored()).toMatchObject([{ outcome: 'applied', generation: 1, trigger: 'boot' }]);
      expect(waiting()).toEqual([]);
      expect(existsSync(at('/run/ubugi/send'))).toBe(false);
      expect(kept().token).not.toBe(first);
      expect(readFileSync(at('/run/ubugi/report.json'), 'utf8')).not.toContain('ubugi-report.');

      // The next boot has nothing to do: that waits in memory only, and writes nothing that lasts.
      await apply('one');
      expect([waiting(), waiting('/run/ubugi/outbox').length]).toEqual([[], 1]);
      expect(await agent('send-reports')).toEqual({
        status: 0,
        output: 'ubugi: reports: 1 accepted, 0 waiting',
      });
      expect((await stored()).map(({ outcome }) => outcome)).toEqual(['unchanged', 'applied']);
      // A timer that finds nothing to do has nothing to say.
      await apply('one', { trigger: 'timer' });
      expect(await agent('send-reports')).toMatchObject({ output: 'ubugi: reports: 0 accepted, 0 waiting' });

      await apply('two', { generation: 1 });
      await apply('three', { generation: 1 });
      expect(await agent('send-reports')).toMatchObject({ output: 'ubugi: reports: 2 accepted, 0 waiting' });
      expect(await stored()).toHaveLength(4);
    },
  );

  test('killed after the answer, or the answer lost: stored once, and it goes on', async () => {
    await apply('one');
    const [name = ''] = waiting();
    const report = readFileSync(at(`${outbox}/${name}`));
    const before = readFileSync(at(tokenFile));
    await agent('send-reports');
    const after = readFileSync(at(tokenFile), 'utf8');

    writeFileSync(at(`${outbox}/${name}`), report);
    expect((await agent('send-reports')).status).toBe(0);
    expect(await stored()).toHaveLength(1);

    writeFileSync(at(`${outbox}/${name}`), report);
    writeFileSync(at(tokenFile), before, { mode: 0o600 });
    expect((await agent('send-reports')).status).toBe(0);
    expect(await stored()).toHaveLength(1);
    expect(readFileSync(at(tokenFile), 'utf8')).toBe(after);
    expect(waiting()).toEqual([]);
  });

  test.each(['curl', 'wget'] as const)(
    '%s sends nothing to a server whose certificate is not by the CA',
    async (tool) => {
      provide(tool);
      const other = join(folder, `other-${tool}`);
      await execa('mkdir', [other]);
      const { ca } = await makeCertificates(other, 'IP:127.0.0.1');
      for (const caCertificates of [ca, undefined]) {
        await apply('one', { caCertificates });
        const { status, output } = await agent('send-reports');
        expect([status, output]).toEqual([1, expect.stringMatching(/[12] waiting: .*certificate/i)]);
        expect(output).not.toContain('ubugi-report.');
      }
      expect(await stored()).toEqual([]);
      expect(waiting()[0]).toMatch(/^\d+-1-2-\d+\.json$/);
      // Nor one that says to be another.
      await apply('two', { url: server.url.replace('127.0.0.1', 'localhost') });
      expect((await agent('send-reports')).status).toBe(1);
      await apply('three');
      expect(await agent('send-reports')).toMatchObject({ output: 'ubugi: reports: 3 accepted, 0 waiting' });
    },
  );

  test('a used token leaves the report waiting until a newer generation brings another', async () => {
    await apply('one');
    const stolen = kept().token;
    await server.ports.store.transaction((transaction) =>
      transaction.saveReportCounter(web01.id as InstanceId, 1, { accepted: 1, lastSha256: 'another report' }),
    );
    const { status, output } = await agent('send-reports');
    expect([status, output]).toEqual([1, expect.stringContaining('answered 401')]);
    expect(output).not.toContain(stolen);
    const { events } = (await server.local('GET', '/v1/audit?limit=100&action=report-token-misused'))
      .json as EventList;
    expect(events).toHaveLength(1);

    await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
    await apply('one', { generation: 2 });
    expect(await agent('send-reports')).toMatchObject({ output: 'ubugi: reports: 1 accepted, 0 waiting' });
    expect(await stored()).toMatchObject([{ generation: 2, undelivered: 1 }]);
    await apply('two', { generation: 2 });
    await agent('send-reports');
    expect((await stored())[0]).not.toHaveProperty('undelivered');
  });

  test('what the server will never take is given up, and a refusal goes with the token that is there', async () => {
    await apply('one');
    const [name = ''] = waiting();
    writeFileSync(at(`${outbox}/${name}`), '{"schema":"nonsense"}');
    expect(await agent('send-reports')).toMatchObject({
      status: 0,
      output: expect.stringContaining('answered 400'),
    });
    expect(waiting()).toEqual([]);
    await server.local('POST', `/v1/instances/${web01.id}/regenerate`, { body: { force: true } });
    await apply('one', { generation: 2 });
    writeDriveFolder(at('/drive'), guest('older'), { generation: 1 });
    expect(await agent('apply', '--drive', '/drive', '--trigger', 'boot')).toMatchObject({ status: 2 });
    await agent('send-reports');
    expect((await stored()).map(({ generation, outcome }) => [generation, outcome])).toEqual([
      [1, 'refused'],
      [2, 'unchanged'],
    ]);
  });

  test('what the launcher refuses is on the console in one line, and waits to be sent', async () => {
    await apply('one');
    await agent('send-reports');
    for (const name of ['ubugi-launcher', 'identify-machine.sh', 'examine-drive.sh', 'kept-drive.sh']) {
      const source = join(import.meta.dirname, '../../../guest-agent/launcher', name);
      if (existsSync(source)) cpSync(source, at(`/usr/lib/ubugi/${name}`));
    }
    mkdirSync(at('/etc/ubugi'), { recursive: true });
    writeFileSync(at('/etc/ubugi/trusted_signers'), '');
    writeFileSync(at('/dev/console'), '');
    const launcher = ['/bin/sh', '/usr/lib/ubugi/ubugi-launcher', '--medium', '/drive'];
    const { exitCode, all } = await execa(
      'unshare',
      [
        ...['--uts', '--pid', '--mount', '--fork', 'chroot', root.path, ...launcher],
        ...['--instance', web01.id, '--trigger', 'boot'],
      ],
      { reject: false, all: true, timeout: 60_000, env: { JOURNAL_STREAM: undefined } },
    );
    expect([exitCode, all]).toEqual([2, '']);
    expect(readFileSync(at('/run/ubugi/log'), 'utf8')).toContain('this machine stays as it was');
    const said = readFileSync(at('/dev/console'), 'utf8');
    expect(said).toMatch(/^ubugi: no drive was accepted, this machine stays as it was: \/drive: .*\n$/);
    rmSync(at('/dev/console'));
    rmSync(at('/etc/ubugi'), { recursive: true });
    expect(waiting()).toHaveLength(1);
    expect(await agent('send-reports')).toMatchObject({ output: 'ubugi: reports: 1 accepted, 0 waiting' });
    expect((await stored())[0]).toMatchObject({ outcome: 'refused', generation: 1 });
  });

  test('a guest without a client that checks certificates keeps its reports to itself', async () => {
    provide();
    symlinkSync('busybox', at('/usr/bin/wget'));
    await apply('one');
    expect([waiting(), waiting('/run/ubugi/outbox')]).toEqual([[], []]);
    rmSync(at('/usr/bin/wget'));
    cpSync(at('/usr/bin/busybox'), at('/usr/bin/wget'));
    await apply('two');
    expect(await agent('send-reports')).toMatchObject({
      status: 1,
      output: expect.stringContaining('neither curl nor a wget that checks certificates'),
    });
  });

  test('a drive that names no server takes channel and waiting reports away', async () => {
    await apply('one');
    writeDriveFolder(at('/drive'), guest('two'), { generation: 2 });
    await agent('apply', '--drive', '/drive');
    expect([existsSync(at(tokenFile)), waiting()]).toEqual([false, []]);
  });
});
