import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import type { EventList, ExportedInstance, ImportReport, ImportRequest } from '../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';
import { type ApiServer, sampleReport, startApiServer, web01, web02 } from '../http/api-server.ts';

const id = web01.id as InstanceId;
const elsewhere = { ...web02, interfaces: [{ mac: '52:54:00:12:34:57', addresses: ['192.0.2.11/24'] }] };
const stranger = {
  ...web02,
  id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4aff',
  name: 'stranger',
  interfaces: [{ mac: '52:54:00:00:00:01', addresses: ['203.0.113.7/24'] }],
};
const mapping: NonNullable<ImportRequest['mapping']> = {
  projects: { web: 'shop' },
  hypervisors: { 'hv-01': 'kvm-9' },
  networks: [{ from: '192.0.2.0/24', to: '198.51.100.0/24' }],
};

let source: ApiServer;
let target: ApiServer;
let signers: string;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-exchange-'));
  const userData = Buffer.from('#cloud-config\n').toString('base64');
  source = await startApiServer([{ ...web01, userData, availabilityZone: 'az-1' }, elsewhere]);
  await writeFile(join(folder, 'sites'), '', { mode: 0o644 });
  target = await startApiServer([stranger], { trustedSigners: join(folder, 'sites') });
  await source.local('POST', '/v1/regenerate', { body: { instances: [id], force: true, reason: 'again' } });
  const body = sampleReport(id, { generation: 2, startedAt: source.now().toISOString() });
  await source.local('POST', `/v1/instances/${id}/reports`, { body });
  signers = (await source.local('GET', '/v1/trusted-signers?for=export')).bytes.toString();
});
afterEach(async () => {
  await source.close();
  await target.close();
  await rm(folder, { recursive: true, force: true });
});

const exported = async (query = ''): Promise<Buffer> => {
  const { status, bytes } = await source.local('GET', `/v1/export${query}`);
  expect(status).toBe(200);
  return bytes;
};
const importing = async (bundle: Buffer, request: ImportRequest = { trustedSigners: signers, mapping }) =>
  await target.local('POST', '/v1/import', {
    headers: { 'Content-Type': 'application/octet-stream' },
    raw: Buffer.concat([Buffer.from(`${JSON.stringify(request)}\n`), bundle]),
  });
const outcomes = (json: unknown) =>
  (json as ImportReport).outcomes.map(({ name, outcome, problem }) => [name, outcome, problem]);
/** Lines of an export, each ended. */
const linesOf = (bundle: Buffer): string[] => gunzipSync(bundle).toString().trimEnd().split('\n');
const packed = (lines: readonly string[]): Buffer => gzipSync(`${lines.join('\n')}\n`);
/** Signed by the source, whatever it says. */
function signed(lines: readonly string[]): Buffer {
  const text = `${lines.join('\n')}\n`;
  const signature = source.ports.exchange.signingKey.signExport(createHash('sha512').update(text).digest());
  return gzipSync(`${text}${JSON.stringify({ kind: 'signature', signature })}\n`);
}
async function driveOf(server: ApiServer) {
  const { status, bytes } = await server.local('GET', `/v1/instances/${id}/drive`);
  expect(status).toBe(200);
  const iso = readIsoImage(imageInMemory(bytes));
  const own = /^ubugi\/(manifest|report)/;
  return new Map(
    iso.files
      .filter(({ path }) => !own.test(path))
      .map((file) => [file.path, iso.read(file).toString('latin1')]),
  );
}
const guestOn = (drive: ReadonlyMap<string, string>) =>
  JSON.parse(drive.get('ubugi/guest.json') ?? '') as GuestConfiguration;

it('the first drive at the other site has the same content bar what was mapped, and history is there', async () => {
  const bundle = await exported();
  const dry = await importing(bundle, { trustedSigners: signers, mapping, dryRun: true });
  expect(dry.json).toMatchObject({ written: false, dryRun: true });
  expect(await target.ports.store.instance(id)).toBeUndefined();

  const reply = await importing(bundle);
  expect(reply.status).toBe(200);
  expect(outcomes(reply.json)).toEqual([
    ['web-01', 'imported', undefined],
    ['web-02', 'imported', undefined],
  ]);
  const [before, after] = [await driveOf(source), await driveOf(target)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  const differing = [...before.keys()].filter((path) => before.get(path) !== after.get(path));
  expect(
    differing.every((path) =>
      /guest\.json$|meta_data\.json$|meta-data\.json$|network_data\.json$/.test(path),
    ),
  ).toBe(true);
  const [old, now] = [guestOn(before), guestOn(after)];
  expect(now).toEqual({
    ...old,
    instance: { ...old.instance, project: 'shop' },
    network: {
      interfaces: [{ mac: '52:54:00:12:34:56', addresses: ['198.51.100.10/24'], gateway4: '198.51.100.1' }],
    },
    dns: { ...old.dns, servers: ['198.51.100.53'] },
  });
  const seeds = [before, after].map(
    (drive) =>
      (JSON.parse(drive.get('openstack/latest/meta_data.json') ?? '') as { random_seed: string }).random_seed,
  );
  expect(seeds[0]).toBe(seeds[1]);

  const { store } = target.ports;
  expect(await store.generationHeaders(id)).toEqual(
    (await source.ports.store.generationHeaders(id)).map((header) => ({
      ...header,
      contentSha256: expect.any(String) as string,
    })),
  );
  const instance = await store.instance(id);
  expect(instance).toMatchObject({
    newest: 2,
    applied: 2,
    firstSeenAt: (await source.ports.store.instance(id))?.firstSeenAt,
    record: { hypervisor: 'kvm-9', project: 'shop', availabilityZone: 'az-1' },
  });
  expect(await store.driveFacts(id, 1)).toMatchObject({ availabilityZone: 'az-1' });
  const { events } = (await target.local('GET', `/v1/audit?instance=${id}&limit=1000`)).json as EventList;
  expect(events.map(({ action, details }) => [action, 'importedFrom' in details])).toEqual([
    ['instance-discovered', true],
    ['generation-created', true],
    ['generation-created', true],
    ['report-received', true],
    ['instance-imported', false],
  ]);
  const explained = await target.local('GET', `/v1/instances/${id}/explain?section=network`);
  expect(explained.bytes.toString()).toContain('198.51.100.10/24');
  expect(explained.bytes.toString()).not.toContain('192.0.2.10');

  expect(outcomes((await importing(bundle)).json).map(([, outcome]) => outcome)).toEqual([
    'present',
    'present',
  ]);
});

it('a sync keeps what was imported until the CMDB has listed it, and then goes by the CMDB', async () => {
  await importing(await exported());
  await target.local('POST', '/v1/sync', { body: { full: true } });
  expect(await target.ports.store.instance(id)).toMatchObject({ removedAt: null, newest: 2 });
  target.records = [stranger, web01];
  await target.local('POST', '/v1/sync', { body: { full: true } });
  expect(await target.ports.store.instance(id)).toMatchObject({ inventory: 'cmdb', newest: 3 });
  target.records = [stranger];
  await target.local('POST', '/v1/sync', { body: { full: true, overrideGuard: 'test' } });
  expect(await target.ports.store.instance(id)).toMatchObject({ removedAt: expect.any(String) as string });
});

it('an import that ended midway goes on when it is asked for again', async () => {
  const bundle = await exported();
  const { store } = target.ports;
  const transaction = store.transaction.bind(store);
  let left = 1;
  target.ports.store.transaction = async (work) => {
    if (left-- <= 0) throw new Error('killed');
    return await transaction(work);
  };
  expect((await importing(bundle)).status).toBe(500);
  target.ports.store.transaction = transaction;
  expect(outcomes((await importing(bundle)).json).map(([, outcome]) => outcome)).toEqual([
    'present',
    'imported',
  ]);
});

it('nothing is written where an instance, its name or an address is here already', async () => {
  target.records = [
    stranger,
    { ...stranger, id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4afe', name: 'web-02', interfaces: [] },
    {
      ...stranger,
      id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4afd',
      name: 'other',
      interfaces: [{ mac: '52:54:00:00:00:03', addresses: ['198.51.100.10/25'] }],
    },
  ];
  await target.local('POST', '/v1/sync', { body: { full: true } });
  const bundle = await exported();
  const reply = await importing(bundle);
  expect(reply.json).toMatchObject({ written: false });
  expect(outcomes(reply.json)).toEqual([
    [
      'web-01',
      'conflict',
      'its address 198.51.100.10 is that of instance 5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4afd',
    ],
    ['web-02', 'conflict', 'its name is that of instance 5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4afe'],
  ]);
  const unmapped = await importing(bundle, { trustedSigners: signers, skipConflicts: true });
  expect(outcomes(unmapped.json).map(([, outcome]) => outcome)).toEqual(['imported', 'conflict']);
});

it('is signed so that ssh-keygen agrees', async () => {
  const lines = linesOf(await exported('?name=web-01'));
  const { signature } = JSON.parse(lines.pop() ?? '') as { signature: string };
  await writeFile(join(folder, 'signers'), signers);
  await writeFile(join(folder, 'signature'), signature);
  const args = ['-Y', 'verify', '-I', 'ubugi', '-n', 'ubugi-export'];
  const files = ['-f', join(folder, 'signers'), '-s', join(folder, 'signature')];
  const { stdout } = await execa('ssh-keygen', [...args, ...files], { input: `${lines.join('\n')}\n` });
  expect(stdout).toMatch(/^Good "ubugi-export" signature/);
  expect(lines).toHaveLength(2);
});

it('the configuration names whose exports are taken, and a line counts from the next import on', async () => {
  const bundle = await exported();
  const refusal = await importing(bundle, { mapping });
  expect([refusal.status, refusal.bytes.toString()]).toEqual([
    400,
    expect.stringMatching(/is not trusted; .* exchange\.trustedSigners/),
  ]);
  const drives = (await source.local('GET', '/v1/trusted-signers')).bytes.toString();
  await writeFile(join(folder, 'sites'), drives);
  expect((await importing(bundle, { mapping })).status).toBe(400);
  await writeFile(join(folder, 'sites'), `# paris\n${signers}${drives}`);
  expect(outcomes((await importing(bundle, { mapping, dryRun: true })).json).map(([name]) => name)).toEqual([
    'web-01',
    'web-02',
  ]);
  await chmod(join(folder, 'sites'), 0o666);
  const open = await importing(bundle);
  expect([open.status, open.bytes.toString()]).toEqual([
    500,
    expect.stringMatching(/exchange\.trustedSigners: .*\/sites can be written by others \(mode 0666\)/),
  ]);
});

describe('an export is refused', () => {
  it.each<[string, (bundle: Buffer) => Buffer, RegExp]>([
    ['no gzip', () => Buffer.from('hello'), /cannot be unpacked/],
    ['cut', (bundle) => bundle.subarray(0, bundle.length - 20), /cannot be unpacked/],
    ['without its signature', (bundle) => packed(linesOf(bundle).slice(0, -1)), /no signature/],
    ['with a line less', (bundle) => packed(linesOf(bundle).toSpliced(1, 1)), /does not fit/],
    ['with a line more', (bundle) => packed([...linesOf(bundle), '{}']), /no signature/],
    [
      'with a changed letter',
      (bundle) => packed(linesOf(bundle).map((line) => line.replace('web-01', 'web-0x'))),
      /does not fit/,
    ],
    ['a bomb of lines', () => gzipSync(Buffer.alloc(32 * 1024 * 1024, '\n')), /more than 200000 lines/],
    ['a bomb', () => gzipSync(Buffer.alloc(96 * 1024 * 1024, 'x')), /longer than 64 MiB|unpacks to more/],
  ])('%s', async (_name, change, reason) => {
    const { status, bytes } = await importing(change(await exported()));
    expect([400, 413]).toContain(status);
    expect(bytes.toString()).toMatch(reason);
    expect(await target.ports.store.instance(id)).toBeUndefined();
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    [
      'a second time the same key',
      ([head = '', one = '']) => [head, one.replace('{', '{"kind":"instance",')],
      /stands twice/,
    ],
    [
      'a prototype',
      ([head = '', one = '']) => [head, one.replace('{', '{"__proto__":{},')],
      /__proto__|not allowed as a key/,
    ],
    ['deep JSON', ([head = '']) => [head, `${'['.repeat(100)}${']'.repeat(100)}`], /nested more than/],
    ['an instance twice', ([head = '', one = '']) => [head, one, one], /twice/],
    [
      'another content than its hash',
      ([head = '', one = '']) => [head, one.replaceAll('"hello\\n"', '"hellx\\n"')],
      /not what its hash says/,
    ],
    ['a field that is not known', ([head = '', one = '']) => [head, one.replace('{', '{"more":1,')], /more/],
    ['no header', ([, one = '']) => [one], /first line/],
  ])('signed, but with %s', async (_name, change, reason) => {
    const lines = linesOf(await exported('?name=web-01')).slice(0, -1);
    const { status, bytes } = await importing(signed(change(lines)));
    expect([status, bytes.toString()]).toEqual([400, expect.stringMatching(reason)]);
    expect(await target.ports.store.instance(id)).toBeUndefined();
  });

  it('signed by somebody who is not trusted, or who may sign drives only', async () => {
    const bundle = await exported();
    const drives = (await source.local('GET', '/v1/trusted-signers')).bytes.toString();
    for (const trustedSigners of ['', drives]) {
      const { status, bytes } = await importing(bundle, { trustedSigners });
      expect([status, bytes.toString()]).toEqual([400, expect.stringMatching(/is not trusted/)]);
    }
  });

  it('with a mapping or a request that is wrong', async () => {
    const bundle = await exported();
    const networks = [{ from: '192.0.2.0/24', to: '198.51.100.0/25' }];
    expect((await importing(bundle, { trustedSigners: signers, mapping: { networks } })).status).toBe(400);
    expect((await importing(bundle, { nothing: 1 } as ImportRequest)).status).toBe(400);
    expect((await importing(bundle, { trustedSigners: 'x' })).status).toBe(400);
    const token = await target.token('operator', 'ops');
    expect((await target.send('POST', '/v1/import', { token })).status).toBe(403);
    expect((await target.send('GET', '/v1/export', { token })).status).toBe(403);
  });
});

it('what an instance line has is all there is of it', async () => {
  const [, line = ''] = linesOf(await exported('?name=web-01'));
  const instance = JSON.parse(line) as ExportedInstance;
  expect(instance).toMatchObject({
    kind: 'instance',
    removedAt: null,
    generations: [{ number: 1 }, { number: 2 }],
  });
  expect(instance.reports).toHaveLength(1);
});
