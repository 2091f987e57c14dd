import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

/** Labels are extended attributes, which a kernel without SELinux keeps as well; its policy is not to be had here. */
let guest: GuestRoot;
beforeAll(async () => {
  const agent = await buildAgent('x86_64');
  guest = await createGuestRoot('tools');
  cpSync(agent, join(guest.path, 'agent'));
}, 900_000);
afterAll(() => guest?.remove());

/** `?` where there is none. */
async function labelOf(path: string): Promise<string> {
  const argv = ['--format', '%C', join(guest.path, path)];
  return (await execa('stat', argv, { timeout: 10_000, reject: false })).stdout;
}

test('files keep their labels when they are replaced, and the real restorecon takes what it is told', async () => {
  const [kept, plain] = ['/etc/shadow', '/etc/passwd'];
  const label = 'system_u:object_r:shadow_t:s0';
  await execa('chcon', [label, join(guest.path, kept)], { timeout: 10_000 });
  const before = await labelOf(plain);
  mkdirSync(join(guest.path, 'sys/fs/selinux'), { recursive: true });
  writeFileSync(join(guest.path, 'sys/fs/selinux/enforce'), '1');
  writeDriveFolder(join(guest.path, 'drive'), exampleGuest({ network: { interfaces: [] } }));
  const { status } = await guest.run(['/agent', 'apply', '--drive', '/drive', '--offline']);
  const report = JSON.parse(readFileSync(join(guest.path, 'run/ubugi/report.json'), 'utf8')) as AgentReport;
  expect([status, report.outcome]).toEqual([0, 'applied']);
  expect(readFileSync(join(guest.path, kept), 'utf8')).toContain('alice:');
  expect(await labelOf(kept)).toBe(label);
  expect(await labelOf(plain)).toBe(before);
});
