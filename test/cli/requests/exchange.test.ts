import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../answering-server.ts';
import { notFound } from '../bodies.ts';
import { documentedAnswer, exportBytes } from '../documented-answers.ts';
import { importReport } from '../replay-bodies.ts';
import { runUbugi } from '../run-ubugi.ts';

let server: AnsweringServer;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubugi-exchange-'));
  server = await startAnsweringServer(documentedAnswer);
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function ubugi(...args: readonly string[]): ReturnType<typeof runUbugi> {
  return await runUbugi(args, { UBUGI_SOCKET: server.socket });
}

describe('export and import', () => {
  it('writes the whole export for its owner only', async () => {
    const out = join(folder, 'all.jsonl.gz');
    const args = ['export', '--where', 'site=tokyo-1', '--where', 'tag=web', '--out', out];
    const { stdout, exitCode } = await ubugi(...args, '--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { file: out, size: exportBytes.length }]);
    expect(exportBytes.equals(await readFile(out))).toBe(true);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['all.jsonl.gz']);
    expect((await ubugi(...args)).stdout).toBe(`${out}: 200.0 kB\n`);
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/v1/export?site=tokyo-1&tag=web',
      '/v1/export?site=tokyo-1&tag=web',
    ]);
    expect(await ubugi('export', '--out', join(folder, 'none', 'x'))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
  });

  it('leaves what was there where the server refuses', async () => {
    const out = join(folder, 'all.jsonl.gz');
    await writeFile(out, 'before');
    const forbidden = { ...notFound, status: 403, code: 'forbidden', detail: 'role admin is needed' };
    const other = await startAnsweringServer(() => ({ status: 403, json: forbidden }));
    try {
      const { stderr, exitCode } = await runUbugi(['export', '--out', out], { UBUGI_SOCKET: other.socket });
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining('role admin is needed')]);
    } finally {
      await other.close();
    }
    expect(await readFile(out, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['all.jsonl.gz']);
  });

  it('sends mapping and signers in a line, then the file as it is', async () => {
    const [bundle, map, signers] = [join(folder, 'all'), join(folder, 'map'), join(folder, 'signers')];
    await writeFile(bundle, 'an export\n');
    await writeFile(
      map,
      'projects: { web: shop }\nnetworks: [{ from: 192.0.2.0/24, to: 198.51.100.0/24 }]\n',
    );
    await writeFile(signers, 'ubugi ssh-ed25519 KEY\n');
    const options = ['--map', map, '--trusted-signers', signers, '--dry-run', '--skip-conflicts'];
    expect(await ubugi('import', bundle, ...options)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await ubugi('import', bundle)).toMatchObject({ exitCode: 5 });
    const mapping = {
      projects: { web: 'shop' },
      networks: [{ from: '192.0.2.0/24', to: '198.51.100.0/24' }],
    };
    const first = { mapping, trustedSigners: 'ubugi ssh-ed25519 KEY\n', dryRun: true, skipConflicts: true };
    expect(server.seen.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
      ['POST /v1/import', `${JSON.stringify(first)}\nan export\n`],
      ['POST /v1/import', '{}\nan export\n'],
    ]);
  });

  it('an import that conflicts shows with what and exits with 5; no file, and no YAML, with 2', async () => {
    const bundle = join(folder, 'all');
    await writeFile(bundle, 'an export\n');
    const { stdout, stderr, exitCode } = await ubugi('import', bundle, '--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([5, importReport]);
    expect(stderr).toContain('1 instance cannot be imported');
    expect(await ubugi('import', join(folder, 'none'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('ENOENT'),
    });
    await writeFile(join(folder, 'map'), 'projects: { web: [\n');
    expect(await ubugi('import', bundle, '--map', join(folder, 'map'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is no YAML'),
    });
    expect(server.seen).toHaveLength(1);
  });
});
