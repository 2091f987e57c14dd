import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriveAnswer } from '../../../hypervisor-hook/metadata-server/metadata-server.ts';
import { openMetadataServer } from '../../../hypervisor-hook/metadata-server/open-metadata-server.ts';

const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';

const question = { known: undefined, boot: 'boot' } as const;

describe('the connection to the server', () => {
  let folder: string;
  let server: Server;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubugi-tls-'));
    for (const name of ['server', 'stranger']) {
      const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      const request = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
      ];
      await execa('openssl', [...request, ...files, ...subject], { timeout: 30_000 });
    }
    await writeFile(join(folder, 'token'), 'ubugi_token\n', { mode: 0o600 });
    const [key, cert] = await Promise.all(
      ['key', 'pem'].map((end) => readFile(join(folder, `server.${end}`))),
    );
    server = createServer({ key, cert }, (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(request.method === 'POST' ? 201 : 404).end());
    });
    server.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(host: string, caFile: string | undefined): Promise<DriveAnswer> {
    const url = new URL(`https://${host}:${port}`);
    const opening = await openMetadataServer({ url, caFile, tokenFile: join(folder, 'token') }, 'test');
    if (opening.kind === 'unusable') return { kind: 'unavailable', reason: opening.reason, reached: false };
    try {
      return await opening.server.fetchDrive(instance, question, 10_000);
    } finally {
      opening.server.close();
    }
  }

  it('trusts the CA file', async () => {
    expect(await ask('localhost', join(folder, 'server.pem'))).toEqual({ kind: 'unknown-instance' });
  });

  it.each<[string, string, string | undefined, RegExp]>([
    ['another CA', 'localhost', 'stranger.pem', /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
    ["the system's CAs only", 'localhost', undefined, /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
    ['a certificate of another name', '127.0.0.1', 'server.pem', /shows the certificate of another name/],
    ['no CA file', 'localhost', 'absent.pem', /absent\.pem cannot be read \(ENOENT\)/],
  ])('does not trust %s', async (_name, host, caFile, reason) => {
    expect(await ask(host, caFile === undefined ? undefined : join(folder, caFile))).toEqual({
      kind: 'unavailable',
      reason: expect.stringMatching(reason),
      reached: false,
    });
  });

  it('says why it asks for a drive where it has a reason', async () => {
    const purposes: unknown[] = [];
    server.on('request', ({ headers }: IncomingMessage) => void purposes.push(headers['ubugi-purpose']));
    const options = { url: new URL(`https://localhost:${port}`), caFile: join(folder, 'server.pem') };
    const opening = await openMetadataServer({ ...options, tokenFile: join(folder, 'token') }, 'test');
    if (opening.kind === 'unusable') throw new Error(opening.reason);
    await opening.server.fetchDrive(instance, question, 10_000);
    await opening.server.fetchDrive(instance, { ...question, purpose: 'start' }, 10_000);
    await opening.server.fetchDrive(instance, { ...question, purpose: 'running' }, 10_000);
    opening.server.close();
    expect(purposes).toEqual([undefined, 'start', 'running']);
  });

  it('is one for the drive and the report', async () => {
    connections = 0;
    const options = { url: new URL(`https://localhost:${port}`), caFile: join(folder, 'server.pem') };
    const opening = await openMetadataServer({ ...options, tokenFile: join(folder, 'token') }, 'test');
    if (opening.kind === 'unusable') throw new Error(opening.reason);
    await opening.server.fetchDrive(instance, question, 10_000);
    const taken = await opening.server.report(
      {
        schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
        instance,
        generation: 1,
        origin: 'hypervisor',
        outcome: 'attached',
        startedAt: '2026-01-02T03:04:05Z',
        durationMs: 1,
        resources: [],
      },
      10_000,
    );
    opening.server.close();
    expect(taken).toBe(true);
    expect(connections).toBe(1);
  });
});
