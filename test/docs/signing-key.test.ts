import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { buildPayload } from '../../guest-agent/build.ts';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { createGuestRoot, type GuestRoot } from '../harness/guest-root.ts';
import { createHookHost, domainXml, type HookHost, hypervisorExecutable } from '../harness/hook-host.ts';
import { type ServedSite, serveSite } from '../harness/served-site.ts';
import { guideText } from './guide-commands.ts';

const id = exampleInstances.web01;
const launcherFolder = join(import.meta.dirname, '../../guest-agent/launcher');
const pinned = 'etc/ubugi/trusted_signers';

let folder: string;
let site: ServedSite;
let host: HookHost;
let root: GuestRoot;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-rotation-'));
  const payloadFolder = join(folder, 'payload');
  await buildPayload(payloadFolder, ['x86_64']);
  site = await serveSite({ payloadFolder, lifetimeMs: 600_000 });
  await site.operate('sync');
  host = await createHookHost(await hypervisorExecutable());
  await host.configure(site.url);
  const token = ['--role', 'hypervisor', '--hypervisor', 'hv-01', '--secret-file'] as const;
  await rm(join(host.folder, 'token'));
  await site.operate('token', 'create', 'hv-01', ...token, join(host.folder, 'token'));
  await site.operate('trusted-signers', '--out', join(host.folder, 'trusted_signers'));
  root = await createGuestRoot();
  await execa('sh', [join(launcherFolder, 'install.sh'), root.path, join(host.folder, 'trusted_signers')]);
}, 600_000);

afterAll(async () => {
  root?.remove();
  await host?.remove();
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

const hook = () => host.hook({ xml: domainXml(host.drive, id) });
const inGuest = async (path: string): Promise<string> => await readFile(join(root.path, path), 'utf8');

/** What the launcher in the guest does with the drive on the host. */
async function launch(): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const launcher = join(root.path, 'usr/lib/ubugi/ubugi-launcher');
  const args = ['--medium', host.drive, '--root', root.path, '--instance', id];
  const { exitCode, all } = await execa(launcher, args, { all: true, reject: false, timeout: 120_000 });
  return { status: exitCode, text: all };
}

async function applied(): Promise<AgentReport> {
  expect(await launch()).toMatchObject({ status: 0 });
  return JSON.parse(await inGuest('var/lib/ubugi/report.json')) as AgentReport;
}

/** A block of the section of the guide. */
function block(language: 'sh' | 'yaml', about: RegExp): string {
  const section = guideText('operations').split('\n## Rotating keys\n')[1] ?? '';
  const blocks = [...section.matchAll(/^( *)```(sh|yaml)\n([^]*?)^ *```$/gm)];
  const [, indent = '', , text] =
    blocks.find(([, , of, content = '']) => of === language && about.test(content)) ?? [];
  if (text === undefined) throw new Error(`the guide has no ${language} block about ${about}`);
  return text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

test('the signing key is changed as the guide says: hosts and guests trust both meanwhile, then the new one', async () => {
  expect(await hook()).toMatchObject({ status: 0, stderr: '' });
  expect(await applied()).toMatchObject({ generation: 1, outcome: 'applied' });
  const old = (await readFile(join(host.folder, 'trusted_signers'), 'utf8')).trim();

  // Step 1, its lines as they stand.
  const { stdout } = await site.ubugi('trusted-signers');
  const script = block('sh', /ssh-keygen/).replace(/^ubugi .*$/m, 'cat > trusted_signers');
  await execa('sh', ['-eu', '-c', script], { cwd: folder, input: stdout });
  const both = await readFile(join(folder, 'trusted_signers'), 'utf8');
  const [first, second, ...more] = both.trimEnd().split('\n');
  expect([first, more]).toEqual([old, []]);

  // Step 2: hosts, and guests by the script of the policy.
  await cp(join(folder, 'trusted_signers'), join(host.folder, 'trusted_signers'));
  const policy = parse(await readFile(join(site.folder, 'policy.yaml'), 'utf8')) as Record<string, unknown>;
  const keyOf = (line = ''): string => line.split(' ')[3] ?? '';
  const withBoth = block('yaml', /trusted_signers/)
    .replace('AAAA…old', keyOf(first))
    .replace('AAAA…new', keyOf(second));
  const added = parse(withBoth) as { readonly scripts: readonly { readonly content: string }[] };
  await writeFile(join(site.folder, 'policy.yaml'), stringify({ ...policy, ...added }));
  await site.operate('sync');
  expect(await hook()).toMatchObject({ status: 0, stderr: '' });
  const report = await applied();
  expect(report).toMatchObject({ generation: 2 });
  // A root that is not running leaves scripts to the next boot: this is what that does.
  expect(report.resources).toContainEqual(
    expect.objectContaining({ resource: 'scripts', outcome: 'skipped' }),
  );
  const run = await root.run(['sh', '-s'], { input: added.scripts[0]?.content ?? '' });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(await inGuest(pinned)).toBe(both);

  // Step 3.
  await cp(join(folder, 'signing-key-2'), join(site.folder, 'signing-key-2'));
  await site.edit('server.yaml', [[/keyFile: signing-key/, 'keyFile: signing-key-2']]);
  await site.end('SIGTERM');
  await site.start();
  expect((await site.operate('trusted-signers')).trim()).toBe(second);
  await site.operate('regenerate-drive', 'web-01', '--force', '--reason', 'rotate the signing key');
  expect(await hook()).toMatchObject({ status: 0, stderr: '' });
  expect(await applied()).toMatchObject({ generation: 3 });

  // Step 4.
  await writeFile(join(host.folder, 'trusted_signers'), `${second}\n`);
  await writeFile(join(root.path, pinned), `${second}\n`);
  expect(await hook()).toMatchObject({ status: 0, stderr: '' });
  expect((await launch()).status).toBe(0);
}, 300_000);

test('who has not learnt the new key keeps what it has', async () => {
  const newest = await readFile(join(host.folder, 'trusted_signers'), 'utf8');
  await site.operate('regenerate-drive', 'web-01', '--force');
  const [old = ''] = (await readFile(join(folder, 'trusted_signers'), 'utf8')).split('\n');
  await writeFile(join(root.path, pinned), `${old}\n`);
  expect(await hook()).toMatchObject({ status: 0 });
  const before = await inGuest('var/lib/ubugi/applied.json');
  const { status, text } = await launch();
  expect([status, text]).toEqual([2, expect.stringContaining('not by a signer')]);
  expect(await inGuest('var/lib/ubugi/applied.json')).toBe(before);

  await writeFile(join(host.folder, 'trusted_signers'), `${old}\n`);
  expect(await hook()).toMatchObject({ status: 1, stderr: expect.stringContaining('not trusted') });
  await writeFile(join(host.folder, 'trusted_signers'), newest);
}, 300_000);
