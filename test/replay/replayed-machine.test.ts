import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPayload } from '../../guest-agent/build.ts';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { InstanceDetail, ReplayOutcome } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import { readPayload } from '../../server/drive/payload.ts';
import { sampleAccount, sampleDirectory, sampleKey } from '../domain/sample.ts';
import { signersOf } from '../drive/drive-workbench.ts';
import { createGuestRoot, type GuestRoot } from '../harness/guest-root.ts';
import { createHookHost, domainXml, type HookHost, hypervisorExecutable } from '../harness/hook-host.ts';
import { type ApiServer, startApiServer, web01 } from '../http/api-server.ts';

const launcherFolder = join(import.meta.dirname, '../../guest-agent/launcher');
const first: InstanceRecord = {
  ...web01,
  availabilityZone: 'az-1',
  userData: Buffer.from('#cloud-config\n# the first\n').toString('base64'),
};
const moved: InstanceRecord = {
  ...first,
  hostname: 'shop-01',
  availabilityZone: 'az-2',
  userData: Buffer.from('#cloud-config\n# another\n').toString('base64'),
  interfaces: [{ mac: '52:54:00:12:34:56', addresses: ['192.0.2.99/24'], gateway4: '192.0.2.1' }],
};

let server: ApiServer;
let host: HookHost;
let root: GuestRoot;
let operator: string;
let payloadFolder: string;

beforeAll(async () => {
  payloadFolder = await mkdtemp(join(tmpdir(), 'ubugi-payload-'));
  await buildPayload(payloadFolder, ['x86_64']);
  server = await startApiServer([first], { payload: await readPayload(payloadFolder) });
  operator = await server.token('operator', 'ops');
  host = await createHookHost(await hypervisorExecutable());
  await host.configure(server.url);
  writeFileSync(join(host.folder, 'token'), `${await server.token('hypervisor', 'hv-01')}\n`);
  writeFileSync(join(host.folder, 'trusted_signers'), `${server.ports.driveBuilder.trustedSigners}\n`);
  root = await freshRoot();
}, 600_000);

afterAll(async () => {
  root?.remove();
  await host?.remove();
  await server?.close();
  rmSync(payloadFolder, { recursive: true, force: true });
});

/** A machine as its image has it, with our launcher and networkd. */
async function freshRoot(): Promise<GuestRoot> {
  const made = await createGuestRoot();
  await execa('sh', [join(launcherFolder, 'install.sh'), made.path, join(host.folder, 'trusted_signers')]);
  await made.run(['systemctl', 'enable', 'systemd-networkd.service']);
  return made;
}

const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');

async function sync(record: InstanceRecord, members: readonly string[]): Promise<void> {
  server.records = [record];
  server.directory = sampleDirectory({
    accounts: [
      sampleAccount('alice', 20001, { keys: [sampleKey] }),
      sampleAccount('carol', 20003, { keys: [{ ...sampleKey, comment: 'carol@laptop' }] }),
    ],
    groups: [
      {
        dn: 'cn=web-admins,ou=groups,dc=example,dc=com',
        name: 'web-admins',
        gid: 30001,
        members: [...members],
      },
    ],
  });
  const { json } = await server.local('POST', '/v1/sync', { body: { full: true, overrideGuard: 'test' } });
  expect(json).toMatchObject({ state: 'succeeded' });
}

/** What a power-on does: the host's hook fetches the drive, the launcher in the guest applies it, its report arrives. */
async function boot(): Promise<AgentReport> {
  server.advance(60);
  expect(await host.hook({ xml: domainXml(host.drive, web01.id) })).toEqual({
    status: 0,
    signal: undefined,
    stderr: '',
  });
  const launcher = join(root.path, 'usr/lib/ubugi/ubugi-launcher');
  const { all, exitCode } = await execa(
    launcher,
    ['--medium', host.drive, '--root', root.path, '--instance', web01.id],
    { all: true, reject: false, timeout: 120_000 },
  );
  expect([exitCode, all]).toEqual([0, expect.any(String)]);
  server.advance(60);
  const report = JSON.parse(read('/var/lib/ubugi/report.json')) as AgentReport;
  const body = { ...report, startedAt: server.now().toISOString() };
  const path = `/v1/instances/${web01.id}/reports`;
  expect((await server.send('POST', path, { token: operator, body })).status).toBe(204);
  return report;
}

/** Drive in place: verified, with its files. */
async function drive() {
  const image = (await host.read()) ?? Buffer.alloc(0);
  const verified = verifyDrive(imageInMemory(image), {
    validators: server.ports.validators,
    trustedSigners: signersOf(server.ports.driveBuilder.trustedSigners),
    instance: web01.id,
    now: server.now(),
  });
  if (verified.kind === 'refused') throw new Error(verified.message);
  const iso = readIsoImage(imageInMemory(image));
  const file = (path: string): Buffer => {
    const found = iso.files.find((candidate) => candidate.path === path);
    if (found === undefined) throw new Error(`no ${path}`);
    return iso.read(found);
  };
  const metaData = JSON.parse(file('openstack/latest/meta_data.json').toString()) as {
    readonly random_seed: string;
    readonly availability_zone: string;
    readonly uuid: string;
  };
  return { ...verified, metaData, userData: file('openstack/latest/user_data').toString('latin1') };
}

async function detail(): Promise<InstanceDetail> {
  return (await server.local('GET', `/v1/instances/${web01.id}`)).json as InstanceDetail;
}

test('a machine that lost its data comes back as it first was, without whom was taken away since', async () => {
  await sync(first, ['alice']);
  await boot();
  const before = await drive();
  const { newest: firstGeneration } = (await detail()).summary.generation;
  expect(read('/etc/passwd')).toContain('alice');

  await sync(moved, ['alice']);
  await sync(moved, ['carol']);
  await boot();
  const { newest } = (await detail()).summary.generation;
  expect(newest).toBeGreaterThan(firstGeneration ?? 0);
  expect(read('/etc/passwd')).toContain(':/home/alice:/usr/sbin/nologin');
  expect(read('/etc/hostname').trim()).toBe('shop-01');

  root.remove();
  root = await freshRoot();
  const body = { generation: firstGeneration, reason: 'hv-01 lost its disks' };
  const { json } = await server.send('POST', `/v1/instances/${web01.id}/replay-boot`, {
    token: operator,
    body,
  });
  const outcome = json as ReplayOutcome;
  expect(outcome).toMatchObject({ outcome: 'started', generation: firstGeneration, newest });
  expect(outcome.changes).toContainEqual(expect.objectContaining({ action: 'remove', subject: 'alice' }));

  const report = await boot();
  const replayed = await drive();
  expect(report).toMatchObject({ outcome: 'applied', generation: firstGeneration });
  expect(replayed.manifest).toMatchObject({ generation: firstGeneration, replay: { supersedes: newest } });
  expect(replayed.metaData).toEqual(before.metaData);
  expect(replayed.metaData.availability_zone).toBe('az-1');
  expect(replayed.userData).toBe(before.userData);
  const { instance, hostname, network, dns, ntp, files, scripts } = before.guest;
  expect(replayed.guest).toMatchObject({ instance, hostname, network, dns, ntp, files, scripts });
  expect(replayed.guest.accounts.map(({ name }) => name)).toEqual(['carol']);
  expect(read('/etc/hostname').trim()).toBe('web-01');
  expect(read('/etc/passwd')).not.toContain('alice');
  expect(read('/etc/passwd')).toContain('carol');
  expect(JSON.parse(read('/var/lib/ubugi/applied.json'))).toMatchObject({
    generation: firstGeneration,
    newest,
  });
  expect((await detail()).replay).toMatchObject({
    outcome: 'applied',
    attachedAt: expect.any(String) as string,
  });

  expect(await boot()).toMatchObject({ outcome: 'applied', generation: newest });
  expect((await drive()).manifest.replay).toBeUndefined();
  expect(read('/etc/hostname').trim()).toBe('shop-01');
  expect((await detail()).summary).toMatchObject({ generation: { applied: newest, pending: false } });
  const { json: trail } = await server.local('GET', `/v1/audit?instance=${web01.id}&limit=1000`);
  const actions = (trail as { events: { action: string }[] }).events.map(({ action }) => action);
  expect(actions.filter((action) => action.startsWith('replay-'))).toEqual([
    'replay-started',
    'replay-attached',
    'replay-applied',
  ]);
}, 300_000);
