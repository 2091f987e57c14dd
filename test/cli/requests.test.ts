import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from './answering-server.ts';
import { runs, tokenCreated } from './bodies.ts';
import { documentedAnswer, driveBytes, driveHeaders, driveSha256 } from './documented-answers.ts';
import { runUbugi } from './run-ubugi.ts';

const token = `ubugi_${'t'.repeat(43)}`;
let server: AnsweringServer;
let folder: string;
let drive: { bytes: Uint8Array; headers: Record<string, string> };

beforeEach(async () => {
  drive = { bytes: driveBytes, headers: driveHeaders };
  folder = await mkdtemp(join(tmpdir(), 'ubugi-requests-'));
  server = await startAnsweringServer((request) =>
    request.url.includes('/drive') ? drive : documentedAnswer(request),
  );
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function ubugi(...args: readonly string[]): ReturnType<typeof runUbugi> {
  return await runUbugi(args, { UBUGI_SOCKET: server.socket });
}

describe('what is asked', () => {
  it('sends the token to a URL, and to no socket', async () => {
    await runUbugi(['list'], { UBUGI_SERVER: server.url, UBUGI_TOKEN: token });
    await runUbugi(['list'], { UBUGI_SOCKET: server.socket, UBUGI_TOKEN: token });
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`, undefined]);
  });

  it('sends selection, guard, reason and range as the API names them', async () => {
    await ubugi('list', '--where', 'site=tokyo-1', '--where', 'name=web-*', '--removed', '--limit', '5');
    await ubugi('sync', '--source', 'cmdb', '--full', '--dry-run', '--override-guard', 'CHG-1');
    await ubugi('regenerate-drive', 'web-01', 'db-01', '--force', '--reason', 'new keys');
    await ubugi('regenerate-drive', '--where', 'project=shop', '--dry-run');
    await ubugi('regenerate-drive', '--all');
    await ubugi('diff', 'web-01', '--from', '1', '--to', '3');
    await ubugi('explain', 'web-01', 'sudo', '--generation', '2');
    await ubugi('audit', '--instance', 'web-01', '--since', '2026-01-02');
    await ubugi('audit', '--action', 'access-denied', '--actor', 'token:hv-01', '--until', '2026-01-03');
    await ubugi('runs', '--limit', '500');
    await ubugi(
      'token',
      'create',
      'hv',
      '--role',
      'hypervisor',
      '--hypervisor',
      'hv-01',
      '--expires',
      '2027-01-01',
    );
    await ubugi('token', 'revoke', tokenCreated.token.id.toUpperCase());
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      ['GET /v1/instances?site=tokyo-1&name=web-*&removed=true&limit=5', undefined],
      ['POST /v1/sync', { source: 'cmdb', full: true, dryRun: true, overrideGuard: 'CHG-1' }],
      ['POST /v1/regenerate', { instances: ['web-01', 'db-01'], force: true, reason: 'new keys' }],
      ['POST /v1/regenerate', { where: { project: 'shop' }, dryRun: true }],
      ['POST /v1/regenerate', { all: true }],
      ['GET /v1/instances/web-01/diff?from=1&to=3', undefined],
      ['GET /v1/instances/web-01/explain?section=sudo&generation=2', undefined],
      ['GET /v1/audit?instance=web-01&since=2026-01-02T00%3A00%3A00Z&limit=1000', undefined],
      [
        'GET /v1/audit?action=access-denied&actor=token%3Ahv-01&until=2026-01-03T00%3A00%3A00Z&limit=1000',
        undefined,
      ],
      ['GET /v1/sync/runs?limit=100&outcomes=false', undefined],
      [
        'POST /v1/tokens',
        { name: 'hv', role: 'hypervisor', hypervisor: 'hv-01', expiresAt: '2027-01-01T00:00:00Z' },
      ],
      [`DELETE /v1/tokens/${tokenCreated.token.id}`, undefined],
    ]);
  });
});

describe('a run that is still under way', () => {
  it('is asked for until it is over', async () => {
    const urls: string[] = [];
    const other = await startAnsweringServer(({ method, url, headers }) => {
      if (method === 'POST') {
        expect(headers['prefer']).toBe('respond-async');
        return { status: 202, json: runs.running };
      }
      urls.push(url);
      return { json: urls.length < 2 ? runs.running : runs.succeeded };
    });
    try {
      const { stdout, stderr, exitCode } = await runUbugi(['sync', '--json'], { UBUGI_SOCKET: other.socket });
      expect([exitCode, JSON.parse(stdout), stderr]).toEqual([0, runs.succeeded, '']);
      const path = `/v1/sync/runs/${runs.succeeded.id}`;
      expect(urls).toEqual([`${path}?outcomes=false`, `${path}?outcomes=false`, path]);
    } finally {
      await other.close();
    }
  });
});

describe('runs --follow', () => {
  it('waits for the end of a run that somebody else started', async () => {
    let asked = 0;
    const other = await startAnsweringServer(() => {
      asked += 1;
      return { json: asked < 3 ? runs.running : runs.succeeded };
    });
    try {
      const follow = ['runs', runs.succeeded.id, '--follow', '--json'];
      const { stdout, exitCode } = await runUbugi(follow, { UBUGI_SOCKET: other.socket });
      expect([exitCode, JSON.parse(stdout), asked]).toEqual([0, runs.succeeded, 4]);
      expect(await runUbugi(['runs', '--follow'], { UBUGI_SOCKET: other.socket })).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('--follow needs RUN'),
      });
    } finally {
      await other.close();
    }
  });
});

describe('try-policy', () => {
  it('sends the files in the order given, under the names given', async () => {
    const [base, shop] = [join(folder, 'base.yaml'), join(folder, 'shop.yaml')];
    await writeFile(base, 'defaults: { ntp: { servers: [192.0.2.123] } }\n');
    await writeFile(shop, 'access: []\n');
    expect(await ubugi('try-policy', base, shop)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      [
        'POST /v1/policy/trial',
        {
          files: [
            { name: base, content: 'defaults: { ntp: { servers: [192.0.2.123] } }\n' },
            { name: shop, content: 'access: []\n' },
          ],
        },
      ],
    ]);
  });

  it('names every fault with file and line, and sends nothing', async () => {
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, 'access: []\nnonsense: true\n');
    const { stdout, stderr, exitCode } = await ubugi('try-policy', wrong, join(folder, 'none.yaml'));
    expect([stdout, exitCode]).toEqual(['', 7]);
    expect(stderr).toContain(`${wrong}: line 2`);
    expect(stderr).toContain(`${join(folder, 'none.yaml')}: line 1`);
    expect(stderr).toContain('ENOENT');
    expect(server.seen).toEqual([]);
  });
});

describe('drive', () => {
  it('writes the whole image for its owner only', async () => {
    const out = join(folder, 'web-01.iso');
    const { stdout, exitCode } = await ubugi('drive', 'web-01', '--generation', '3', '--out', out, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      generation: 3,
      file: out,
      size: 300_000,
      sha256: driveSha256,
    });
    expect(driveBytes.equals(await readFile(out))).toBe(true);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['web-01.iso']);
  });

  it('writes what Ironic takes in place of the image, once that was checked', async () => {
    const out = join(folder, 'bm-01.configdrive');
    const args = ['drive', 'web-01', '--format', 'configdrive', '--out', out];
    const { stdout, exitCode } = await ubugi(...args, '--json');
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { file: out, sha256: driveSha256 }]);
    const text = await readFile(out, 'utf8');
    expect(text).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(driveBytes.equals(gunzipSync(Buffer.from(text, 'base64')))).toBe(true);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    drive = { bytes: driveBytes.subarray(0, 298_000), headers: driveHeaders };
    expect(await ubugi(...args)).toMatchObject({ exitCode: 8 });
    expect(await readFile(out, 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['bm-01.configdrive']);
  });

  it('refuses a damaged download and leaves what was there', async () => {
    const out = join(folder, 'web-01.iso');
    await writeFile(out, 'before');
    drive = { bytes: driveBytes.subarray(0, 298_000), headers: driveHeaders };
    const { stderr, exitCode } = await ubugi('drive', 'web-01', '--out', out);
    expect([exitCode, stderr]).toEqual([8, expect.stringContaining('arrived damaged')]);
    expect(await readFile(out, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['web-01.iso']);
  });

  it('refuses an image that it cannot check, and a folder it cannot write to', async () => {
    drive = { bytes: driveBytes, headers: { ...driveHeaders, etag: 'W/"1"' } };
    expect(await ubugi('drive', 'web-01', '--out', join(folder, 'x'))).toMatchObject({ exitCode: 8 });
    drive = { bytes: driveBytes, headers: driveHeaders };
    const { stderr, exitCode } = await ubugi('drive', 'web-01', '--out', join(folder, 'none', 'x'));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('token create --secret-file', () => {
  it('puts the secret into a new file and nowhere else', async () => {
    const file = join(folder, 'grafana.token');
    const args = ['token', 'create', 'grafana', '--role', 'viewer', '--secret-file', file];
    const { stdout, stderr } = await ubugi(...args);
    expect(stdout + stderr).not.toContain(tokenCreated.secret);
    expect(await readFile(file, 'utf8')).toBe(`${tokenCreated.secret}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const again = await ubugi(...args);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('does not exist yet') });
    expect(server.seen).toHaveLength(1);
  });
});
