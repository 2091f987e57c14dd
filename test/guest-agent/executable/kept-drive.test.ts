import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

const AGENT = '/run/ubugi/agent/ubugi-agent';
const DRIVES = '/var/lib/ubugi/drive';
/** What a drive holds for others: the kept one goes without. */
const OTHERS = { 'ec2/latest/meta-data.json': '{}', 'ubugi/agent/aarch64/ubugi-agent': '' };

/** The executable on a running machine without systemd, as far as a chroot with processes of its own is one. */
describe('ubugi-agent between drives', () => {
  let agent: string;
  let root: GuestRoot;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root?.remove();
    root = await createGuestRoot();
    mkdirSync(join(root.path, 'run/ubugi/agent'), { recursive: true });
    cpSync(agent, join(root.path, AGENT));
  }, 600_000);
  afterAll(() => root?.remove());

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const report = (): AgentReport => JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
  const drives = (): readonly string[] => readdirSync(join(root.path, DRIVES));
  /** Nothing in it that a service would have to be told about. */
  const quiet = (changes: Partial<GuestConfiguration> = {}): GuestConfiguration =>
    exampleGuest({ network: { interfaces: [] }, ntp: {}, dns: {}, sudo: { rules: [] }, ...changes });

  /** Runs a line of shell in the root, in a process table that ends with it; `agent` is the executable. */
  async function onMachine(line: string): Promise<{ readonly status: number; readonly output: string }> {
    const script = `agent() { ${AGENT} "$@"; }\nhostname web-01\n${line}`;
    const spaces = ['--uts', '--pid', '--fork', '--kill-child', `--mount-proc=${root.path}/proc`];
    const { exitCode, all } = await execa(
      'unshare',
      [...spaces, 'chroot', root.path, '/bin/sh', '-c', script],
      {
        all: true,
        reject: false,
        timeout: 60_000,
      },
    );
    return { status: exitCode ?? -1, output: all };
  }
  function insert(guest: GuestConfiguration, generation = 1): void {
    rmSync(join(root.path, 'drive'), { recursive: true, force: true });
    writeDriveFolder(join(root.path, 'drive'), guest, { generation, further: OTHERS });
  }
  const apply = () => onMachine('agent apply --drive /drive');

  test('the drive may go: drift shows, is repaired, and then there is nothing to do', async () => {
    insert(quiet());
    expect((await apply()).status).toBe(0);
    rmSync(join(root.path, 'drive'), { recursive: true });
    expect(await onMachine('agent plan')).toEqual({ status: 0, output: 'Nothing to do.' });
    writeFileSync(join(root.path, 'etc/motd'), 'mine\n');
    const drift = await onMachine('agent plan');
    expect(drift.status).toBe(0);
    expect(drift.output).toContain('~ /etc/motd\n      - mine\n      + web-01, production');
    const json = JSON.parse((await onMachine('agent plan --json')).output) as {
      readonly resources: readonly { readonly resource: string; readonly changes: readonly unknown[] }[];
    };
    expect(json.resources.filter(({ changes }) => changes.length > 0)).toEqual([
      { resource: 'files', changes: [{ action: 'update', target: '/etc/motd' }], problems: [] },
    ]);
    expect((await onMachine('agent apply --trigger timer')).status).toBe(0);
    expect(report()).toMatchObject({ outcome: 'applied', trigger: 'timer' });
    expect(read('/etc/motd')).toBe('web-01, production\n');
    expect((await onMachine('agent plan')).output).toBe('Nothing to do.');
  });

  test('where no drive was ever applied, it says what is missing', async () => {
    expect(await onMachine('agent plan')).toEqual({
      status: 2,
      output: 'ubugi: refused: no drive is kept on this machine: name one with --drive DIR',
    });
  });

  test('a second run writes nothing, the kept drive and the next wake included', async () => {
    // A wake far enough away not to fall into the test.
    insert(quiet({ repairMinutes: 10_080 }));
    const trace = '/var/trace';
    const calls = 'trace=openat,renameat,unlinkat,mkdirat,symlinkat,fsync,syncfs,fork,vfork,clone';
    const { status, output } = await onMachine(
      `agent apply --drive /drive && strace -f -o ${trace} -e ${calls} ${AGENT} apply --drive /drive`,
    );
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(report().outcome).toBe('unchanged');
    const lines = read(trace)
      .split('\n')
      .filter((line) => !line.includes('= -1 E'));
    const writes = lines.filter((line) =>
      /O_WRONLY|O_RDWR|O_CREAT|renameat|unlinkat|mkdirat|symlinkat|fsync|syncfs/.test(line),
    );
    expect(writes.filter((line) => !/"agent\.lock"|"\.?report\.json(\.ubugi)?"/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\b(fork|vfork|clone)\(/.test(line))).toEqual([]);
  });

  test('the drive of the next generation takes the place of the last', async () => {
    insert(quiet());
    await apply();
    const first = drives();
    expect(first).toHaveLength(1);
    insert(quiet({ files: [] }), 2);
    expect((await apply()).status).toBe(0);
    expect(drives()).toHaveLength(1);
    expect(drives()).not.toEqual(first);
    expect((await onMachine('agent plan')).output).toBe('Nothing to do.');
  });

  test.each([
    'fchmod:signal=SIGKILL:when=4',
    'renameat:signal=SIGKILL:when=1',
    'renameat:signal=SIGKILL:when=2',
    'renameat:signal=SIGKILL:when=4',
    'unlinkat:signal=SIGKILL:when=1',
  ])(
    '%s: what is applied and what is kept are of one generation, and the next run completes',
    async (fault) => {
      insert(quiet());
      await apply();
      insert(quiet({ files: [], hostname: { name: 'web-01', fqdn: 'other.example.com' } }), 2);
      const faulty = await onMachine(
        `strace -f -o /dev/null -e inject=${fault} ${AGENT} apply --drive /drive; agent plan --json`,
      );
      expect(faulty.output).not.toContain('refused');
      expect((await apply()).status).toBe(0);
      expect(report()).toMatchObject({ generation: 2 });
      expect(drives()).toHaveLength(1);
      expect((await onMachine('agent plan')).output).toBe('Nothing to do.');
    },
  );

  test.each(['renameat:error=EIO:when=1', 'syncfs:error=ENOSPC:when=1'])(
    '%s: applied, but not kept, which is said and tried again',
    async (fault) => {
      insert(quiet());
      const command = `strace -f -o /dev/null -e inject=${fault} ${AGENT} apply --drive /drive`;
      expect((await onMachine(command)).status).toBe(1);
      expect(report()).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('the drive is not kept: ') as string,
      });
      expect(drives()).toEqual([]);
      expect((await apply()).status).toBe(0);
      expect(drives()).toHaveLength(1);
    },
  );

  test('a drive that cannot be kept is applied all the same, and counts as failed', async () => {
    mkdirSync(join(root.path, 'var/lib/ubugi'), { recursive: true });
    writeFileSync(join(root.path, DRIVES), '');
    insert(quiet());
    expect((await apply()).status).toBe(1);
    expect(report()).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/^the drive is not kept: .*Not a directory/) as string,
    });
    expect(read('/etc/motd')).toBe('web-01, production\n');
  });

  test('an account whose validity ends wakes the machine, without a drive', async () => {
    const notAfter = `${new Date(Date.now() + 6000).toISOString().slice(0, 19)}Z`;
    const [alice, ...others] = exampleGuest().accounts;
    if (alice === undefined) throw new Error('the example has no account');
    insert(quiet({ accounts: [{ ...alice, notAfter }, ...others] }));
    const { status, output } = await onMachine(
      `agent apply --drive /drive && rm -r /drive && grep -c . /run/ubugi/wake &&
       for i in $(seq 300); do grep -q '"trigger": "timer"' /run/ubugi/report.json && exit 0; sleep 0.1; done; exit 9`,
    );
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(report()).toMatchObject({ trigger: 'timer', generation: 1 });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(notAfter));
    expect(existsSync(join(root.path, 'drive'))).toBe(false);
  });
});
