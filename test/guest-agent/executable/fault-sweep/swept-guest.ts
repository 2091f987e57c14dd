import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { buildAgent } from '../../../../guest-agent/build.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { createGuestRoot } from '../../../harness/guest-root.ts';
import { writeDriveFolder } from '../../drive-folder.ts';
import { exampleGuest, keys } from '../../example-guest.ts';

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
/** One of them. */
export type Call = (typeof writing)[number];
/** Which of two states; everything of every resource differs between them. */
export type Which = 'most' | 'least';

/** A guest that goes from one state to the other and back, and fails on the way wherever it can. */
export interface SweptGuest {
  /**
   * Fails at every call that `wanted` takes, on the way to each state in turn, calls `failed` after each and lets the
   * agent complete what it began.
   *
   * @param fault strace's, such as `signal=SIGKILL`
   * @returns how many runs there were
   */
  sweep(
    fault: string,
    wanted: (call: Call) => boolean,
    failed: (which: Which, status: number) => Promise<void>,
  ): Promise<number>;
  /** Checks that root's tools find nothing broken and the break-glass account can come in. */
  expectWayIn(): Promise<void>;
  /** Lets the agent start and do nothing but put things right: the drive that it finds is refused. */
  recover(): Promise<void>;
  /** Checks that nothing half done is left. @returns the state that is there, as text if it is neither */
  wholeState(): Promise<string>;
  close(): void;
}

const apply = ['/agent', 'apply', '--drive', '/drive', '--offline'] as const;
const DEADLINE = { timeout: 60_000, reject: false, stdin: 'ignore' } as const;
const KILLED = 137;

/** What every check of a whole state asks, and after it all that Ubugi answers for but the day on which a password was set. */
const WHOLE = `
test ! -e var/lib/ubugi/journal.json && test -z "$(find etc home var/lib/ubugi -name '.*.ubugi')" || exit 3
pwck -q -r && grpck -q -r && visudo -c -q || exit 4
find etc home ! -name .pwd.lock -printf '%p %y %m %U %G %l\\n' | sort
find etc home -type f ! -name shadow -exec sha256sum {} + | sort
cut -d: -f1,2,4-9 etc/shadow`;

/** Makes one, in the state `least`. */
export async function openSweptGuest(): Promise<SweptGuest> {
  const root = await createGuestRoot();
  let generation = 0;
  const states = new Map<string, Which>();
  const calls = new Map<Which, readonly (readonly [Call, number])[]>();

  function offer(which: Which): void {
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), which === 'most' ? most : least, { generation });
  }

  /** What a clean run calls, traced without its children, as the faults are. */
  async function countCalls(): Promise<readonly (readonly [Call, number])[]> {
    const trace = join(root.path, 'trace');
    const traced = ['-o', trace, '-e', `trace=${writing.join(',')}`, 'chroot', root.path, ...apply];
    const { exitCode, stdout } = await execa('strace', traced, DEADLINE);
    if (exitCode !== 0) throw new Error(`a run without a fault failed: ${stdout}`);
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
    return result.exitCode ?? (result.signal === 'SIGKILL' ? KILLED : -1);
  }

  async function snapshot(): Promise<string> {
    const { status, stdout, stderr } = await root.run(['sh', '-c', WHOLE]);
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  }

  async function wholeState(): Promise<string> {
    const state = await snapshot();
    return states.get(state) ?? state;
  }

  async function complete(which: Which): Promise<void> {
    expect((await root.run(apply)).status).toBe(0);
    expect(await wholeState()).toBe(which);
  }

  cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
  // Twice each: accounts that were revoked once stay in passwd, so the first time differs.
  for (const which of ['most', 'least', 'most', 'least'] as const) {
    offer(which);
    calls.set(which, await countCalls());
    states.set(await snapshot(), which);
  }

  return {
    async sweep(fault, wanted, failed) {
      const rows = (which: Which) => (calls.get(which) ?? []).filter(([call]) => wanted(call));
      const ways = [
        ['most', rows('most')],
        ['least', rows('least')],
      ] as const;
      // In turn: where a run ends, the next one begins. Of the longer list the rest has to be gone back for.
      for (let at = 0; ways.some(([, row]) => at < row.length); at += 1) {
        for (const [which, row] of ways) {
          offer(which);
          const [call, when] = row[at] ?? [];
          if (call !== undefined && when !== undefined) {
            await failed(which, await inject(call, when, fault)).catch((error: unknown) => {
              throw new Error(`${fault} at ${call} ${when} on the way to ${which}`, { cause: error });
            });
          }
          await complete(which);
        }
      }
      return ways.reduce((sum, [, row]) => sum + row.length, 0);
    },
    async expectWayIn() {
      const script = 'visudo -c -q && sudo -l -U rescue && getent passwd rescue && getent shadow rescue';
      // Without a network: sudo asks for the host's own address.
      const inGuest = ['--net', 'chroot', root.path, 'sh', '-c', script];
      const { exitCode, stdout } = await execa('unshare', inGuest, DEADLINE);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('NOPASSWD: ALL');
      expect(stdout).toMatch(/^rescue:\*:/m);
      expect(readFileSync(join(root.path, 'etc/ssh/authorized_keys.d/rescue'), 'utf8')).toContain(keys.bob);
    },
    async recover() {
      const path = join(root.path, 'drive/ubugi/guest.json');
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, '{}');
      expect((await root.run(apply)).status).toBe(2);
      writeFileSync(path, text);
    },
    wholeState,
    close: () => root.remove(),
  };
}

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
