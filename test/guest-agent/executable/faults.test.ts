import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** A disk that fails while the executable writes; one root, two configurations in turns. Kills: fault-sweep.test.ts. */
describe('ubugi-agent under faults', () => {
  let root: GuestRoot;
  let generation = 0;
  beforeAll(async () => {
    root = await createGuestRoot();
    cpSync(await buildAgent('x86_64'), join(root.path, 'agent'));
  }, 600_000);
  afterAll(() => root.remove());

  /** Everything of every resource differs between odd and even generations. */
  function nextDrive(): void {
    generation += 1;
    const full = exampleGuest();
    const even = exampleGuest({
      hostname: { name: 'web-02' },
      dns: {},
      ntp: {},
      groups: full.groups.slice(1).map((group) => ({ ...group, members: [] })),
      accounts: full.accounts.slice(1),
      sudo: { rules: [] },
      files: [],
    });
    writeDriveFolder(join(root.path, 'drive'), generation % 2 === 1 ? full : even, { generation });
  }
  const argv = ['/agent', 'apply', '--drive', '/drive', '--offline'] as const;
  const inject = async (fault: string): Promise<number> => {
    const arguments_ = ['-f', '-o', '/dev/null', '-e', `inject=${fault}`, 'chroot', root.path, ...argv];
    const result = await execa('strace', arguments_, { reject: false, timeout: 60_000 });
    return result.exitCode ?? (result.signal === 'SIGKILL' ? 137 : -1);
  };
  const report = (): AgentReport =>
    JSON.parse(readFileSync(join(root.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
  const snapshot = async (): Promise<string> => {
    const list = 'find /etc /home ! -name .pwd.lock -printf "%p %y %m %U %G %l\\n" | sort';
    const sums = 'find /etc /home -type f -exec sha256sum {} + | sort';
    return (await root.run(['sh', '-c', `${list}; ${sums}`])).stdout;
  };
  const whole = async (): Promise<void> => {
    expect((await root.run(['pwck', '-q', '-r'])).status).toBe(0);
    expect((await root.run(['grpck', '-q', '-r'])).status).toBe(0);
    expect((await root.run(['visudo', '-c'])).status).toBe(0);
    expect(existsSync(join(root.path, 'var/lib/ubugi/journal.json'))).toBe(false);
    expect((await root.run(['find', '/etc', '/home', '/var/lib/ubugi', '-name', '.*.ubugi'])).stdout).toBe(
      '',
    );
  };

  /** Goes on to the configuration that has most, applying the one in between whole. */
  async function next(): Promise<void> {
    nextDrive();
    if (generation % 2 === 1) return;
    expect((await root.run(argv)).status).toBe(0);
    nextDrive();
  }

  test.each([
    'renameat:error=ENOSPC:when=1',
    'renameat:error=EIO:when=6',
    'renameat:error=EIO:when=9',
    'syncfs:error=EIO:when=1',
    'syncfs:error=EIO:when=2',
    'fchown:error=EIO:when=4',
    'fchown:error=EIO:when=20',
  ])('%s: everything is put back and the report says why', async (fault) => {
    await next();
    const before = await snapshot();
    expect(await inject(fault)).toBe(1);
    expect(await snapshot()).toBe(before);
    expect(report().outcome).toBe('failed');
    const said = [report().reason, ...report().resources.map(({ message }) => message)].join('\n');
    expect(said).toMatch(/I\/O error|No space left/);
    await whole();
    expect((await root.run(argv)).status).toBe(0);
    await whole();
  });
});
