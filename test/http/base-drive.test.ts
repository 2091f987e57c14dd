import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { verifyDrive } from '../../schemas/drive-format/verify-drive.ts';
import type { Event, EventList } from '../../schemas/types/api.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { parseInstanceId } from '../../server/domain/identifiers.ts';
import { signersOf } from '../drive/drive-workbench.ts';
import { fatImage } from '../harness/fat-image.ts';
import { filesByIsoinfo, type NovaFiles, novaFiles, novaImage } from '../harness/nova/nova-drive.ts';
import { type ApiServer, startApiServer, web01, web02 } from './api-server.ts';
import type { Reply } from './http-exchange.ts';

const validators = createValidators();
let server: ApiServer;
let token: string;
const path = `/v1/instances/${web01.id}/drive`;

beforeAll(async () => {
  server = await startApiServer();
  token = await server.token('hypervisor', 'hv-01');
});
afterAll(async () => {
  await server.close();
});

const image = { 'Content-Type': 'application/x-iso9660-image' };

async function post(raw: Buffer, query = '', headers: Record<string, string> = image): Promise<Reply> {
  return await server.send('POST', path + query, { token, raw, headers });
}

async function postFiles(files: NovaFiles): Promise<Reply> {
  const list = Object.entries(files).map(([name, content]) => ({
    path: name,
    content: Buffer.from(content).toString('base64'),
  }));
  return await server.send('POST', path, { token, body: { files: list } });
}

async function recorded(): Promise<readonly Event[]> {
  const { json } = await server.local('GET', '/v1/audit?limit=1000');
  return (json as EventList).events.filter(({ action }) => action === 'base-drive-recorded');
}

function verified(bytes: Buffer) {
  const verdict = verifyDrive(imageInMemory(bytes), {
    validators,
    trustedSigners: signersOf(server.ports.driveBuilder.trustedSigners),
    instance: web01.id,
    now: server.now(),
  });
  if (verdict.kind === 'refused') throw new Error(verdict.message);
  return verdict;
}

const first = novaFiles(web01.id);
const rebuilt = novaFiles(web01.id, 'YW5vdGhlcg==');

describe('a drive of Nova’s', () => {
  it('is merged: every file of it byte for byte as others read it, ours beside, one signature over all', async () => {
    const reply = await post(await novaImage(first));
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/x-iso9660-image');
    const { files } = verified(reply.bytes);
    const read = await filesByIsoinfo(reply.bytes);
    expect([...read.keys()].sort()).toEqual(files.map((file) => file.path).sort());
    for (const [name, content] of Object.entries(first)) {
      expect([name, read.get(name)?.equals(Buffer.from(content))]).toEqual([name, true]);
    }
    for (const name of ['ubugi/guest.json', 'ubugi/launch', 'ubugi/manifest.json'])
      expect([...read.keys()]).toContain(name);
  });

  it('is recorded once, with an event that tells no content', async () => {
    await post(await novaImage(first));
    const events = await recorded();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      actor: 'token:hv-01',
      instance: web01.id,
      details: { outcome: 'first', purpose: 'boot', files: Object.keys(first).length },
    });
    expect(JSON.stringify(events)).not.toContain('c2VlZA==');
  });

  it('gives the same drive in JSON, and by GET from then on, with the same ETag', async () => {
    const sent = await post(await novaImage(first));
    const inJson = await postFiles(first);
    const fetched = await server.send('GET', path, { token });
    expect(inJson.bytes.equals(sent.bytes)).toBe(true);
    expect(fetched.bytes.equals(sent.bytes)).toBe(true);
    const etag = sent.headers.get('etag') ?? '';
    expect(fetched.headers.get('etag')).toBe(etag);
    const again = await post(await novaImage(first), '', { ...image, 'If-None-Match': etag });
    expect([again.status, again.bytes.length, again.headers.get('etag')]).toEqual([304, 0, etag]);
  });

  it('of a rebuild is the newest from then on; the first stays', async () => {
    expect((await post(await novaImage(rebuilt))).status).toBe(200);
    const read = await filesByIsoinfo((await server.send('GET', path, { token })).bytes);
    expect(read.get('openstack/latest/meta_data.json')?.toString()).toContain('YW5vdGhlcg==');
    expect((await recorded()).map(({ details }) => details['outcome'])).toEqual(['first', 'replaced']);
    const id = parseInstanceId(web01.id);
    const kept = id === undefined ? undefined : await server.ports.store.baseDrive(id, 'first');
    expect(kept?.files.map((file) => file.path).sort()).toEqual(Object.keys(first).sort());
    expect(
      kept?.files.find((file) => file.path === 'openstack/latest/meta_data.json')?.content.toString(),
    ).toBe(first['openstack/latest/meta_data.json']);
  });

  it('of a rescue is kept apart from that of the boots', async () => {
    const rescue = novaFiles(web01.id, 'cmVzY3Vl');
    const merged = await post(await novaImage(rescue), '?base=rescue');
    expect(merged.status).toBe(200);
    const fetched = await server.send('GET', `${path}?base=rescue`, { token });
    expect(fetched.bytes.equals(merged.bytes)).toBe(true);
    const usual = await filesByIsoinfo((await server.send('GET', path, { token })).bytes);
    expect(usual.get('openstack/latest/meta_data.json')?.toString()).toContain('YW5vdGhlcg==');
  });
});

describe('a drive of ours', () => {
  it('that comes back is not recorded; the answer is what GET gives', async () => {
    const before = await recorded();
    const { bytes } = await server.send('GET', path, { token });
    const reply = await post(bytes);
    expect(reply.status).toBe(200);
    expect(reply.bytes.equals(bytes)).toBe(true);
    const read = await filesByIsoinfo(bytes);
    expect((await postFiles(Object.fromEntries(read))).bytes.equals(bytes)).toBe(true);
    expect(await recorded()).toEqual(before);
  });

  it('of another instance, or changed, is refused', async () => {
    const other = await server.local('GET', `/v1/instances/${web02.id}/drive`);
    expect((await post(other.bytes)).status).toBe(400);
    const changed = Buffer.from((await server.send('GET', path, { token })).bytes);
    const at = changed.indexOf('"generation": 1');
    changed.write('"generation": 2', at, 'latin1');
    const reply = await post(changed);
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(/ubugi\/.* is on it, and ubugi\/ is not Nova's to fill/),
    ]);
  });
});

describe('what is not a drive of Nova’s for this instance is refused, named, and not recorded', () => {
  it.each<[string, NovaFiles, RegExp]>([
    ['our folder', { ...first, 'ubugi/guest.json': '{}' }, /ubugi\/guest\.json/],
    ['our folder in capitals', { ...first, 'UBUGI/launch': 'x' }, /UBUGI\/launch/],
    ['a path upwards', { ...first, '../etc/passwd': 'x' }, /"\.\.\/etc\/passwd"/],
    ['an absolute path', { ...first, '/etc/passwd': 'x' }, /"\/etc\/passwd"/],
    ['a path with an empty name', { ...first, 'openstack//x': 'x' }, /"openstack\/\/x"/],
    ['a name with a newline', { ...first, 'openstack/a\nb': 'x' }, /openstack\/a\\nb/],
    ['a name with a blank', { ...first, 'openstack/a b': 'x' }, /openstack\/a b/],
    ['names that clash by case', { ...first, 'openstack/Latest/user_data': 'x' }, /clash/],
    ['a file that is a folder elsewhere', { ...first, openstack: 'x' }, /clash/],
    ['a name too long for Joliet', { ...first, [`openstack/${'a'.repeat(65)}`]: 'x' }, /64 characters/],
    ['another instance', novaFiles(web02.id), /is of instance .* and not of/],
    ['no meta-data', { 'openstack/latest/user_data': 'x' }, /meta_data\.json is missing/],
    ['meta-data that is no JSON', { ...first, 'openstack/latest/meta_data.json': '{' }, /has no uuid/],
    ['meta-data of another form', { ...first, 'openstack/latest/meta_data.json': '[1]' }, /has no uuid/],
  ])('%s', async (_name, files, reason) => {
    const before = await recorded();
    const reply = await postFiles(files);
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(reason),
    ]);
    expect(await recorded()).toEqual(before);
  });

  it.each<[string, Buffer, RegExp]>([
    ['a vfat image', fatImage('config-2'), /vfat image.*config_drive_format = iso9660/],
    ['nothing', Buffer.alloc(0), /is not an ISO 9660 image/],
    ['noise', Buffer.alloc(64 * 1024, 7), /is not an ISO 9660 image/],
  ])('%s', async (_name, bytes, reason) => {
    const reply = await post(bytes);
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([
      400,
      expect.stringMatching(reason),
    ]);
  });

  it('an image with another label, and one that is cut off', async () => {
    expect((await post(await novaImage(first, 'cidata'))).json).toMatchObject({
      detail: expect.stringMatching(/not labelled config-2/) as string,
    });
    const whole = await novaImage(first);
    expect((await post(whole.subarray(0, whole.length - 400_000))).status).toBe(400);
  });

  it('content that is not base64, a path twice, no files', async () => {
    const send = (files: unknown) => server.send('POST', path, { token, body: { files } });
    const meta = { path: 'openstack/latest/meta_data.json', content: 'e30=' };
    for (const files of [
      [{ ...meta, content: 'e30' }],
      [{ ...meta, content: 'e3 0=' }],
      [meta, meta],
      [],
      'x',
    ]) {
      expect((await send(files)).status).toBe(400);
    }
  });

  it('too much: by Content-Length, by content, compressed or of another type', async () => {
    expect((await post(Buffer.alloc(17 * 1024 * 1024))).status).toBe(413);
    const large = { ...first, 'openstack/content/0002': Buffer.alloc(9 * 1024 * 1024) };
    const twice = { ...large, 'openstack/content/0003': Buffer.alloc(9 * 1024 * 1024) };
    expect((await postFiles(twice)).status).toBe(413);
    expect((await post(Buffer.from('x'), '', { ...image, 'Content-Encoding': 'gzip' })).status).toBe(415);
    expect((await post(Buffer.from('x'), '', { 'Content-Type': 'text/plain' })).status).toBe(415);
  });
});

it('a host gets no drive merged for an instance of another host', async () => {
  const body = await novaImage(novaFiles(web02.id));
  const reply = await server.send('POST', `/v1/instances/${web02.id}/drive`, {
    token,
    raw: body,
    headers: image,
  });
  expect(reply.status).toBe(403);
});
