import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest, keys } from '../example-guest.ts';

/**
 * The calls by which the agent changes anything. A kill at the entry of one finds what a kill anywhere since the one
 * before would find.
 */
const writing = [
  'mkdirat',
  'fchown',
  'write',
  'unlinkat',
  'renameat',
  'symlinkat',
  'syncfs',
  'fsync',
] as const;
type Call = (typeof writing)[number];
type Which = 'most' | 'least';

const apply = ['/agent', 'apply', '--drive', '/drive', '--offline'] as const;
const DEADLINE = { timeout: 60_000, reject: false } as const;

/** Killed, and its disk full, at every single call that writes, on the way to more and on the way to less. */
describe('ubugi-agent at every file operation', () => {
  let root: GuestRoot;
  let generation = 0;
  const states = new Map<Which, string>();
  const calls = new Map<Which, readonly (readonly [Call, number])[]>();

  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
    // Twice each: accounts that were revoked once stay in passwd, so the first time differs.
    for (const which of ['most', 'least', 'most', 'least'] as const) {
      offer(which);
      calls.set(which, await countCalls());
      if (report().outcome !== 'applied') throw new Error(JSON.stringify(report()));
      states.set(which, await snapshot());
    }
  }, 600_000);
  afterAll(() => root.remove());

  function offer(which: Which): void {
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), which === 'most' ? most : least, { generation });
  }

  /** What a clean run calls, traced without its children, as the faults are. */
  async function countCalls(): Promise<readonly (readonly [Call, number])[]> {
    const trace = join(root.path, 'trace');
    await execa(
      'strace',
      ['-o', trace, '-e', `trace=${writing.join(',')}`, 'chroot', root.path, ...apply],
      DEADLINE,
    );
    const names = readFileSync(trace, 'utf8')
      .split('\n')
      .map((line) => line.slice(0, line.indexOf('(')));
    return writing.flatMap((call) =>
      names.filter((name) => name === call).map((_name, at) => [call, at + 1] as const),
    );
  }

  async function inject(call: Call, when: number, fault: string): Promise<number> {
    const rule = `inject=${call}:${fault}:when=${when}`;
    const traced = ['-o', '/dev/null', '-e', `trace=${call}`, '-e', rule, 'chroot', root.path, ...apply];
    const result = await execa('strace', traced, DEADLINE);
    return result.exitCode ?? (result.signal === 'SIGKILL' ? 137 : -1);
  }

  const report = (): AgentReport =>
    JSON.parse(readFileSync(join(root.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;

  /** All that Ubugi answers for, but the day on which a password was set. */
  async function snapshot(): Promise<string> {
    const script = [
      "find etc home ! -name .pwd.lock -printf '%p %y %m %U %G %l\\n' | sort",
      'find etc home -type f ! -name shadow -exec sha256sum {} + | sort',
      'cut -d: -f1,2,4-9 etc/shadow',
    ].join('; ');
    return (await execa('sh', ['-c', script], { cwd: root.path, timeout: 30_000 })).stdout;
  }

  /** Whatever happened, root's tools find nothing broken and the break-glass account can come in. */
  async function expectWayIn(): Promise<void> {
    const script = 'visudo -c -q && sudo -l -U rescue && getent passwd rescue && getent shadow rescue';
    // Without a network: sudo asks for the host's own address.
    const { exitCode, stdout } = await execa(
      'unshare',
      ['--net', 'chroot', root.path, 'sh', '-c', script],
      DEADLINE,
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('NOPASSWD: ALL');
    expect(stdout).toMatch(/^rescue:\*:/m);
    expect(readFileSync(join(root.path, 'etc/ssh/authorized_keys.d/rescue'), 'utf8')).toContain(keys.bob);
  }

  /** Lets the agent start and do nothing but put things right: the drive that it finds is refused. */
  async function recover(): Promise<void> {
    const path = join(root.path, 'drive/ubugi/guest.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, '{}');
    expect((await root.run(apply)).status).toBe(2);
    writeFileSync(path, text);
  }

  async function expectWhole(): Promise<void> {
    expect(existsSync(join(root.path, 'var/lib/ubugi/journal.json'))).toBe(false);
    const left = await execa('find', ['etc', 'home', 'var/lib/ubugi', '-name', '.*.ubugi'], {
      cwd: root.path,
    });
    expect(left.stdout).toBe('');
    expect((await root.run(['sh', '-c', 'pwck -q -r && grpck -q -r && visudo -c -q'])).status).toBe(0);
  }

  async function expectCompletion(which: Which): Promise<void> {
    expect((await root.run(apply)).status).toBe(0);
    expect(await snapshot()).toBe(states.get(which));
    await expectWhole();
  }

  const before = (which: Which): Which => (which === 'most' ? 'least' : 'most');

  test.each(['most', 'least'] as const)(
    'killed on the way to %s: old or new, whole, and the next run completes',
    async (which) => {
      let killed = 0;
      for (const [call, when] of calls.get(which) ?? []) {
        const at = `${call} ${when} on the way to ${which}`;
        offer(which);
        expect([at, await inject(call, when, 'signal=SIGKILL')]).toEqual([at, 137]);
        killed += 1;
        await expectWayIn();
        await recover();
        await expectWhole();
        const state = await snapshot();
        const found =
          state === states.get(which) ? which : state === states.get(before(which)) ? before(which) : state;
        expect([at, found]).toEqual([at, expect.stringMatching(/^(most|least)$/) as string]);
        await expectCompletion(which);
        offer(before(which));
        expect((await root.run(apply)).status).toBe(0);
      }
      expect(killed).toBeGreaterThan(50);
      // The other direction begins where this one ends.
      offer(which);
      await expectCompletion(which);
    },
    900_000,
  );

  test.each(['least', 'most'] as const)(
    'no room left on the way to %s: old or new, whole, and the next run completes',
    async (which) => {
      let refused = 0;
      for (const [call, when] of calls.get(which) ?? []) {
        if (call === 'fchown' || call === 'unlinkat') continue;
        const at = `${call} ${when} on the way to ${which}`;
        offer(which);
        const status = await inject(call, when, 'error=ENOSPC');
        await expectWayIn();
        await expectWhole();
        const state = await snapshot();
        const found =
          state === states.get(which) ? which : state === states.get(before(which)) ? before(which) : state;
        // What fails after the last write, such as keeping the report, takes nothing back.
        expect([at, status, found]).toEqual(
          status === 0 ? [at, 0, which] : [at, 1, expect.stringMatching(/^(most|least)$/) as string],
        );
        refused += status;
        await expectCompletion(which);
        offer(before(which));
        expect((await root.run(apply)).status).toBe(0);
      }
      expect(refused).toBeGreaterThan(20);
      offer(which);
      await expectCompletion(which);
    },
    900_000,
  );
});

const rescue: GuestConfiguration['accounts'][number] = {
  name: 'rescue',
  uid: 5900,
  gid: 5900,
  gecos: 'Break glass',
  home: '/home/rescue',
  shell: '/bin/bash',
  breakGlass: true,
  keys: [{ type: 'ssh-ed25519', key: keys.bob }],
};

const rescueRule: GuestConfiguration['sudo']['rules'][number] = {
  role: 'rescue',
  users: ['rescue'],
  commands: [{ command: 'ALL' }],
  tags: ['NOPASSWD'],
};

const full = exampleGuest();

/** Everything of every resource differs between the two. */
const most = exampleGuest({
  groups: [...full.groups, { name: 'rescue', gid: 5900, members: [] }],
  accounts: [...full.accounts, rescue],
  sudo: { rules: [...full.sudo.rules, rescueRule] },
});

const least = exampleGuest({
  hostname: { name: 'web-02' },
  dns: {},
  ntp: {},
  groups: [
    ...full.groups.slice(1).map((group) => ({ ...group, members: [] })),
    { name: 'rescue', gid: 5900, members: [] },
  ],
  accounts: [...full.accounts.slice(1), rescue],
  sudo: { rules: [rescueRule] },
  files: [],
});
