import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type GuestNamespace, startGuestNamespace } from '../../harness/guest-namespace.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';
import { dnsRows } from './matrix/dns-rows.ts';
import { changed, readTree, touched } from './matrix/guest-tree.ts';
import { identityRows } from './matrix/identity-rows.ts';
import { initRows } from './matrix/init-rows.ts';
import { networkRows } from './matrix/network-rows.ts';
import { ntpRows } from './matrix/ntp-rows.ts';
import { type MatrixGuest, type MatrixRow, matrixGuest } from './matrix/row.ts';

type Result = AgentReport['resources'][number];

/** Written by every first run, whatever else is wanted, and kept: who the machine is, and that sshd looks nowhere else. */
const always = new Set([
  '/etc/.pwd.lock',
  '/etc/cloud/cloud.cfg.d/99-ubugi-hostname.cfg',
  '/etc/hostname',
  '/etc/hosts',
  '/etc/machine-id',
  '/etc/ssh/sshd_config.d/05-ubugi.conf',
]);
const staysAlways = (path: string): boolean => always.has(path) || path.startsWith('/etc/ssh/ssh_host_');
const nothing: Partial<GuestConfiguration> = {
  network: { interfaces: [] },
  dns: {},
  ntp: {},
  groups: [],
  accounts: [],
  sudo: { rules: [] },
  files: [],
};
/** Calls that write. What is left of a run that has nothing to do is its lock and its report. */
const writing =
  'openat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlinkat,link,linkat,chmod,fchmod,fchmodat,fchown,fchownat,truncate,ftruncate,setxattr,lsetxattr,fsetxattr,utimensat,fsync,syncfs';

/** The compiled agent on every kind of guest: chosen by what is there, done as planned, taken as written, gone without trace. */
describe('every back end', () => {
  let agent: string;
  let root: GuestRoot;
  let guest: MatrixGuest;
  let namespace: GuestNamespace | undefined;
  let generation: number;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    generation = 0;
    root = await createGuestRoot('tools');
    cpSync(agent, join(root.path, 'agent'));
    guest = matrixGuest(root);
  }, 600_000);
  afterEach(async () => {
    await namespace?.stop();
    namespace = undefined;
    root.remove();
  });

  function offer(sections: Partial<GuestConfiguration>): void {
    generation += 1;
    writeDriveFolder(join(root.path, 'drive'), exampleGuest({ ...nothing, ...sections }), { generation });
  }
  /** Where it runs, in a namespace with a host name of its own. */
  async function agentDoes(
    row: MatrixRow,
    ...given: readonly string[]
  ): Promise<{ status: number; output: string }> {
    const argv = [
      '/agent',
      ...given,
      '--drive',
      '/drive',
      ...(row.running === true ? [] : ['--offline']),
    ] as const;
    if (namespace !== undefined) return namespace.run(argv);
    const { status, stdout, stderr } = await root.run(argv);
    return { status, output: `${stdout}${stderr}` };
  }
  const results = (): readonly Result[] =>
    (JSON.parse(guest.read('/run/ubugi/report.json')) as AgentReport).resources;
  const changesOf = (resources: readonly Pick<Result, 'resource' | 'changes'>[]): unknown =>
    Object.fromEntries(
      resources.flatMap(({ resource, changes }) => (changes.length === 0 ? [] : [[resource, changes]])),
    );
  async function plan(row: MatrixRow): Promise<readonly Result[]> {
    const { status, output } = await agentDoes(row, 'plan', '--json');
    expect(status).toBe(0);
    return (JSON.parse(output) as { readonly resources: readonly Result[] }).resources;
  }
  async function apply(row: MatrixRow): Promise<void> {
    const { status, output } = await agentDoes(row, 'apply');
    expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  }

  /** @returns lines of strace about calls that write below no folder of a boot. */
  async function writesOf(row: MatrixRow): Promise<readonly string[]> {
    const trace = join(root.path, 'trace');
    writeFileSync(trace, '');
    const strace = ['strace', '-f', '-y', '-o', trace, '-e', `trace=${writing}`];
    const argv = ['chroot', root.path, '/agent', 'apply', '--drive', '/drive'];
    if (row.running === true) throw new Error('not traced');
    await execa(strace[0] ?? '', [...strace.slice(1), ...argv, '--offline'], { timeout: 60_000 });
    return readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => !/= -1 E|O_RDONLY|^$|\+\+\+|---/.test(line))
      .filter((line) => !line.includes(`<${root.path}/run`));
  }

  async function runRow(row: MatrixRow): Promise<void> {
    await row.dress(guest);
    if (row.running === true) namespace = await startGuestNamespace(root, {});
    const before = readTree(root.path);
    const runBefore = readTree(root.path, ['/run']);
    offer(row.wanted);

    const text = await agentDoes(row, 'plan');
    expect(text.status).toBe(0);
    const planned = await plan(row);
    expect(touched(runBefore, readTree(root.path, ['/run']))).toEqual([]);
    for (const { target } of planned.flatMap(({ changes }) => changes)) expect(text.output).toContain(target);

    await apply(row);
    expect(changesOf(results())).toEqual(changesOf(planned));
    row.told?.(guest);
    const after = readTree(root.path);
    expect(changed(before, after).filter((path) => !staysAlways(path))).toEqual(row.writes);
    await row.accept?.(guest);

    const settled = readTree(root.path);
    if (row.running === true) await apply(row);
    else expect(await writesOf(row)).toEqual([]);
    expect(changesOf(results())).toEqual({});
    expect(touched(settled, readTree(root.path))).toEqual([]);
    expect(changesOf(await plan(row))).toEqual({});

    offer({});
    await apply(row);
    const ofTools = changed(after, settled);
    const stays = new Set([...ofTools, ...(row.stays ?? [])]);
    const left = changed(before, readTree(root.path), withoutLeavers).filter(
      (path) => !staysAlways(path) && !stays.has(path),
    );
    expect(left.filter((path) => !path.startsWith('/home/'))).toEqual([]);
    for (const path of left) expect(guest.read(path)).not.toContain('ubugi');
  }

  test.each(networkRows)('network: $name', runRow);
  test.each(dnsRows)('name servers: $name', runRow);
  test.each(ntpRows)('time: $name', runRow);
  test.each(initRows)('services: $name', runRow);
  test.each(identityRows)('accounts and keys: $name', runRow);
});

/** Who left keeps an entry, locked and expired, so that its id is not given anew. */
function withoutLeavers(path: string, text: string): string {
  if (!/^\/etc\/(passwd|shadow|group|gshadow|subuid|subgid)-?$/.test(path)) return text;
  return text
    .split('\n')
    .filter((line) => !/^(alice|bob):/.test(line))
    .join('\n');
}
