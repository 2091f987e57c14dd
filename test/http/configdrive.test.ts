import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiServer, startApiServer, web01 } from './api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(async () => {
  await server.close();
});

it('what Ironic takes is the very image, as base64 and gzip read it, with an ETag of its own', async () => {
  const path = `/v1/instances/${web01.id}/drive`;
  const image = await server.local('GET', path);
  const text = await server.local('GET', `${path}?format=configdrive`);
  expect([text.status, text.headers.get('content-type')]).toEqual([200, 'text/plain']);
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-configdrive-'));
  try {
    await writeFile(join(folder, 'text'), text.bytes);
    const decode = [
      '-c',
      'base64 -d "$1" | gunzip >"$2"',
      'sh',
      join(folder, 'text'),
      join(folder, 'drive.iso'),
    ];
    await execa('sh', decode, { timeout: 30_000 });
    expect((await readFile(join(folder, 'drive.iso'))).equals(image.bytes)).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const etag = text.headers.get('etag') ?? '';
  expect(etag).not.toBe(image.headers.get('etag'));
  const again = await server.local('GET', `${path}?format=configdrive`, {
    headers: { 'If-None-Match': etag },
  });
  expect([again.status, again.bytes.length]).toEqual([304, 0]);
});
